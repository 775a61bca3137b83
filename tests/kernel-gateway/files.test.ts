import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newId } from '#lib/model/ids.ts';
import { hangingFolder } from '../support/hanging-folder.ts';
import { address, Ear, gateway, ipykernel, password, proxy, pythonFolders, run, sshd } from './harness.ts';

/** A connected account and its files. */
async function onSsh(timing: object = { backoffFirst: 5, backoffLongest: 50 }) {
	const server = await sshd({ readable: pythonFolders() });
	const relay = await proxy(server.port);
	const made = gateway({ timing });
	const at = address(server, { port: relay.port });
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	return { server, relay, made, at, files: made.files(at.id) };
}

/** Process ids of files workers of this account. */
function workers(home: string): number[] {
	const { uid } = statSync(home);
	return readdirSync('/proc').flatMap((name) => {
		if (!/^\d+$/.test(name)) return [];
		try {
			const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
			return statSync(`/proc/${name}`).uid === uid && words.includes('files') ? [Number(name)] : [];
		} catch {
			return [];
		}
	});
}

test('files need a connection, and go on by themselves after a worker or a line is gone', async () => {
	const { server, relay, made, at, files } = await onSsh();
	await expect(made.files(newId()).list('~')).rejects.toMatchObject({ status: 503 });
	await files.save('~/one.txt', [Buffer.from('one')]);
	expect(await files.list('~')).toMatchObject({
		path: server.home,
		names: expect.arrayContaining(['one.txt'])
	});

	let heard = 0;
	let wake = (): void => {};
	const news = async (): Promise<void> => {
		const before = heard;
		await new Promise<void>((resolve) => (wake = () => heard > before && resolve()));
	};
	let told = news();
	files.watch('~', () => {
		heard++;
		wake();
	});
	await told; // it is watched
	told = news();
	writeFileSync(path.join(server.home, 'two.txt'), 'two');
	await told;

	const there = (name: string) =>
		expect
			.poll(
				() =>
					files.stat(`~/${name}`).then(
						({ size }) => size,
						() => null
					),
				{ timeout: 30_000 }
			)
			.toBe(3);
	for (const pid of workers(server.home)) process.kill(pid, 'SIGKILL');
	await there('two.txt');

	relay.cut();
	await there('two.txt');
	told = news();
	writeFileSync(path.join(server.home, 'six.txt'), 'six');
	await told;
	expect(workers(server.home)).toHaveLength(1);

	await made.disconnect(at.id);
	await expect(files.stat('~')).rejects.toMatchObject({
		status: 503,
		problem: { code: 'workspace-not-connected' }
	});
});

test('many bytes go both ways side by side, and a reader who stops holds up nobody', async () => {
	const { server, files } = await onSsh();
	const data = Buffer.alloc(24 * 1024 * 1024, 'some bytes that go there and back ');
	await files.save('~/data', [data]);
	const stopped = await files.read('~/data');
	expect((await stopped.bytes.next()).value?.byteLength).toBeGreaterThan(0);
	const all = async (): Promise<Buffer> => {
		const parts: Uint8Array[] = [];
		for await (const part of (await files.read('~/data')).bytes) parts.push(part);
		return Buffer.concat(parts);
	};
	const begun = await files.beginUpload('~/up', { size: data.length });
	const [one, two, up] = await Promise.all([
		all(),
		all(),
		files.append(
			'~/up',
			begun.upload,
			0,
			(async function* () {
				for (let at = 0; at < data.length; at += 1_000_000) yield data.subarray(at, at + 1_000_000);
			})()
		)
	]);
	expect(one.equals(data) && two.equals(data)).toBe(true);
	expect(up).toEqual({ offset: data.length, done: true });
	expect(readFileSync(path.join(server.home, 'up')).equals(data)).toBe(true);
	await stopped.bytes.return!();
});

test('a search is left in the middle and what it was about is let go', async () => {
	const { server, files } = await onSsh();
	for (let i = 0; i < 50; i++) writeFileSync(path.join(server.home, `file-${i}`), 'words');
	for await (const hit of files.search('~', { name: 'file-' })) {
		expect(hit).toMatchObject({ path: expect.stringContaining('/file-') });
		break;
	}
	const hits = [];
	for await (const hit of files.search('~', { text: 'WORDS', name: 'file-1*' })) hits.push(hit);
	expect(hits).toHaveLength(12);
	expect(hits.at(-1)).toMatchObject({ end: true, cut: false });
	await expect(files.search('~/nothing', { name: 'x' }).next()).rejects.toMatchObject({
		status: 404,
		problem: { code: 'file-missing' }
	});
});

test('F22: kernels and other folders answer while one hangs', async () => {
	const hangs = await hangingFolder();
	onTestFinished(() => hangs.end());
	const { made, at, files } = await onSsh();
	const kernel = newId();
	await made.start(at.id, kernel, await ipykernel(made, at), {});
	const ear = new Ear();
	made.subscribe(at.id, kernel, 0, ear);
	const listing = files.list(hangs.path);
	const refused = expect(listing).rejects.toMatchObject({ status: 504, problem: { code: 'file-slow' } });
	const { id } = run(made, at.id, kernel, 'print(6 * 7)');
	await ear.finished(id);
	expect(ear.printed(id)).toBe('42\n');
	expect((await files.list('~')).writable).toBe(true);
	await refused;
	await made.shutdown(at.id, kernel);
});

test('names that are no UTF-8 come back as they went', async () => {
	const { server, files } = await onSsh();
	const odd = 'a\udcff\udc80 ä';
	await files.save(`~/${odd}`, [Buffer.from('odd')]);
	expect(readdirSync(server.home, { encoding: 'buffer' }).map((name) => name.toString('hex'))).toContain(
		Buffer.concat([Buffer.from([0x61, 0xff, 0x80]), Buffer.from(' ä')]).toString('hex')
	);
	expect((await files.list('~')).names).toContain(odd);
	const outcome = await files.operate({ do: 'rename', from: `~/${odd}`, to: `~/${odd}.b` });
	expect(outcome).toMatchObject({ done: [`${server.home}/${odd}.b`], problems: [] });
	mkdirSync(path.join(server.home, 'd'));
	const { uid } = statSync(server.home);
	chownSync(path.join(server.home, 'd'), uid, uid);
	await files.operate({ do: 'trash', paths: [`~/${odd}.b`] });
	expect((await files.list('~')).names.sort()).toEqual(expect.arrayContaining(['.ansatz-trash', 'd']));
});
