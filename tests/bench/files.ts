/**
 * files: folders of 10 000 and 100 000 entries listed through the gateway to a parsed FolderListing, beside SFTP's readdir by
 * OpenSSH's sftp client and by ssh2, on one sshd; a large file down and up through the gateway alone and through the HTTP
 * interface of a real server, beside scp. `npm run bench -- files [MEGABYTES] [ROUNDS]`, 1024 and 3 without them.
 */
import { execFile, spawn } from 'node:child_process';
import {
	createReadStream,
	createWriteStream,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { createGateway } from '#gateway/gateway.ts';
import { openSeed } from '../support/people.ts';
import { startServer } from '../support/server-process.ts';
import { startSshd, trusting } from '../support/sshd.ts';
import { figures, report, round, say, type Figures } from './figures.ts';

const MEGABYTES = Number(process.argv[2] ?? 1024);
const ROUNDS = Number(process.argv[3] ?? 3);
const COUNTS = [10_000, 100_000];
const PIECE = 16 * 1024 * 1024;
const run = promisify(execFile);

const scratch = mkdtempSync(join(tmpdir(), 'bench-files-'));
const server = await startServer();
const seed = await openSeed(server);
const sshd = await startSshd({ config: ['Subsystem sftp /usr/lib/openssh/sftp-server'] });
const gateway = createGateway({ agentFolder: fileURLToPath(new URL('../../agent', import.meta.url)) });
const signIn = { hop: 0, credential: { kind: 'key' as const, privateKey: sshd.privateKey } };
const key = join(scratch, 'key');
writeFileSync(key, sshd.privateKey, { mode: 0o600 });
const SSH = [
	...['-F', 'none', '-i', key, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
	...['-o', 'LogLevel=ERROR']
];

try {
	const { host, port, user } = sshd;
	const address = {
		...{ kind: 'ssh' as const, id: 'bench', name: 'bench', host, port, user, environments: [] },
		...{ jumps: [], trust: [trusting(sshd)], way: 'ssh' as const, privileged: false }
	};
	const connected = await gateway.connect(address, { signIn });
	if (connected.state !== 'connected') throw new Error(`The account said ${JSON.stringify(connected)}.`);
	const listings = await listing();
	const transfers = await transfer();
	const [small, large] = listings as [Record<string, Figures>, Record<string, Figures>];
	const ratio = (of: Record<string, Figures>, peer: string): number => round(of.ours!.p50 / of[peer]!.p50);
	const over = (way: string): number => round(transfers[way]! / transfers[`scp-${way.split('-').at(-1)}`]!);
	report({
		bench: 'files',
		n: ROUNDS,
		ours: large.ours!,
		peers: { 'sftp-openssh': large['sftp-openssh']!, 'sftp-ssh2': large['sftp-ssh2']! },
		list: {
			'10000': small,
			'100000': large,
			ratio: {
				'10000-sftp-openssh': ratio(small, 'sftp-openssh'),
				'10000-sftp-ssh2': ratio(small, 'sftp-ssh2'),
				'100000-sftp-openssh': ratio(large, 'sftp-openssh'),
				'100000-sftp-ssh2': ratio(large, 'sftp-ssh2')
			}
		},
		transfer: {
			megabytes: MEGABYTES,
			seconds: transfers,
			/** Ours over scp's, the quickest of each. */
			ratio: Object.fromEntries(
				['gateway-down', 'gateway-up', 'http-down', 'http-up'].map((way) => [way, over(way)])
			)
		}
	});
} finally {
	await gateway.close();
	await seed.close();
	await server.end();
	await sshd.stop();
	rmSync(scratch, { recursive: true, force: true });
}

/** Times of a listing by everybody, in turn, for each number of entries. */
async function listing(): Promise<Record<string, Figures>[]> {
	const files = gateway.files('bench');
	const ssh2Client = await openSsh2();
	const openssh = openSftp();
	const all: Record<string, Figures>[] = [];
	for (const count of COUNTS) {
		const folder = join(sshd.home, `entries-${count}`);
		const make =
			'mkdir "$1" && cd "$1" && seq -f "event-%06g.dat" 1 "$2" | xargs touch && chown -R "$3" "$1"';
		const owner = String(statSync(sshd.home).uid);
		await run('sh', ['-c', make, 'sh', folder, String(count), owner]);
		const sides: Record<string, () => Promise<number>> = {
			ours: async () => (await files.list(folder)).names.length,
			'sftp-openssh': () => openssh(folder),
			'sftp-ssh2': () => ssh2Client.readdir(folder)
		};
		const times: Record<string, number[]> = {};
		for (let turn = 0; turn <= ROUNDS + 2; turn++) {
			for (const [name, side] of Object.entries(sides)) {
				const begin = performance.now();
				const found = await side();
				// the first turn warms up
				if (turn > 0) (times[name] ??= []).push(performance.now() - begin);
				if (found < count) throw new Error(`${name} saw ${found} of ${count} entries.`);
			}
		}
		const done = Object.fromEntries(Object.entries(times).map(([name, each]) => [name, figures(each)]));
		for (const [name, each] of Object.entries(done)) say(`${count} entries: ${name}`, each, ROUNDS + 2);
		all.push(done);
	}
	ssh2Client.end();
	openssh.end();
	return all;
}

async function openSsh2() {
	const client = new ssh2.Client();
	await new Promise<void>((resolve, reject) => {
		client.on('ready', resolve).on('error', reject);
		client.connect({ host: sshd.host, port: sshd.port, username: sshd.user, privateKey: sshd.privateKey });
	});
	client.setNoDelay(true);
	const sftp = await new Promise<ssh2.SFTPWrapper>((resolve, reject) =>
		client.sftp((error, opened) => (error ? reject(error) : resolve(opened)))
	);
	return {
		readdir: (path: string) =>
			new Promise<number>((resolve, reject) =>
				sftp.readdir(path, (error, list) => (error ? reject(error) : resolve(list.length)))
			),
		end: () => client.end()
	};
}

/** One session of OpenSSH's client: its quickest listing (`ls -1f`: as readdir gives them, neither sorted nor described). */
function openSftp() {
	const child = spawn(
		'sftp',
		['-q', ...SSH, '-P', String(sshd.port), '-b', '-', `${sshd.user}@${sshd.host}`],
		{
			stdio: ['pipe', 'pipe', 'inherit']
		}
	);
	let heard: (chunk: Buffer) => void = () => {};
	child.stdout.on('data', (chunk: Buffer) => heard(chunk));
	const list = (path: string): Promise<number> =>
		new Promise((resolve) => {
			let lines = 0;
			let tail = '';
			heard = (chunk) => {
				for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
				tail = (tail + chunk.toString('latin1')).slice(-200);
				if (/Remote working directory: .*\n$/.test(tail)) resolve(lines);
			};
			child.stdin.write(`ls -1f ${path}\npwd\n`);
		});
	return Object.assign(list, { end: () => child.stdin.end() });
}

/** Outside, so that the lines go on being kept alive. */
async function sha256(path: string): Promise<string> {
	return (await run('sha256sum', [path])).stdout.slice(0, 64);
}

/** Seconds of the quickest of each way with a file of random bytes; every copy is compared with the original. */
async function transfer(): Promise<Record<string, number>> {
	const original = join(scratch, 'original');
	await run('sh', [
		'-c',
		'head -c "$2" /dev/urandom > "$1"',
		'sh',
		original,
		String(MEGABYTES * 1024 * 1024)
	]);
	const sum = await sha256(original);
	const there = join(sshd.home, 'original');
	await run('cp', [original, there]);
	const size = statSync(original).size;
	const files = gateway.files('bench');

	const ada = await seed.person('ada');
	const workspace = await seed.workspace(ada, sshd, []);
	const headers = { Authorization: `Bearer ${ada.token}` };
	const api = `${server.origin}/api/workspaces/${workspace}`;
	const json = { ...headers, 'Content-Type': 'application/json' };
	await fetch(`${api}/connect`, { method: 'POST', headers: json, body: JSON.stringify({ signIn }) });

	const ways: Record<string, (copy: string) => Promise<unknown>> = {
		'scp-down': (copy) =>
			run('scp', ['-q', ...SSH, '-P', String(sshd.port), `${sshd.user}@${sshd.host}:${there}`, copy]),
		'gateway-down': async (copy) => pipeline((await files.read(there)).bytes, createWriteStream(copy)),
		'http-down': (copy) =>
			new Promise<void>((resolve, reject) => {
				request(`${api}/files/content?path=${there}`, { headers }, (response) => {
					if (response.statusCode !== 200) return reject(new Error(`The answer is ${response.statusCode}.`));
					pipeline(response, createWriteStream(copy)).then(resolve, reject);
				}).end();
			}),
		'scp-up': (copy) =>
			run('scp', ['-q', ...SSH, '-P', String(sshd.port), original, `${sshd.user}@${sshd.host}:${copy}`]),
		'gateway-up': async (copy) => {
			const { upload } = await files.beginUpload(copy, { size });
			await files.append(copy, upload, 0, createReadStream(original, { highWaterMark: 256 * 1024 }));
		},
		'http-up': async (copy) => {
			const begun = await fetch(`${api}/files/uploads?path=${copy}`, {
				...{ method: 'POST', headers: json, body: JSON.stringify({ size }) }
			});
			const { upload } = (await begun.json()) as { upload: string };
			for (let at = 0; at < size; at += PIECE) await piece(`${api}/files/uploads/${upload}?path=${copy}`, at);
		}
	};
	/** As a browser would: one piece after the other. */
	const piece = (url: string, at: number): Promise<void> =>
		new Promise((resolve, reject) => {
			const end = Math.min(at + PIECE, size);
			const sent = request(`${url}&offset=${at}`, {
				method: 'PATCH',
				headers: { ...headers, 'Content-Type': 'application/octet-stream', 'Content-Length': end - at }
			});
			sent.on('error', reject).on('response', (response) => {
				response.resume().on('end', () => {
					if (response.statusCode === 200) resolve();
					else reject(new Error(`The answer is ${response.statusCode}.`));
				});
			});
			createReadStream(original, { start: at, end: end - 1, highWaterMark: 256 * 1024 }).pipe(sent);
		});

	/** Seconds of processor time of the process that serves HTTP, to say what bounds it. */
	const serverTime = (): number => {
		const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
		return (Number(fields[11]) + Number(fields[12])) / 100;
	};
	const best: Record<string, number> = {};
	for (let turn = 0; turn < ROUNDS; turn++) {
		for (const [name, way] of Object.entries(ways)) {
			const copy = name.endsWith('down') ? join(scratch, 'copy') : join(sshd.home, 'copy');
			rmSync(copy, { force: true });
			const before = name.startsWith('http') ? serverTime() : process.cpuUsage().user / 1e6;
			const begin = performance.now();
			await way(copy);
			const seconds = (performance.now() - begin) / 1000;
			const busy = (name.startsWith('http') ? serverTime() : process.cpuUsage().user / 1e6) - before;
			best[name] = round(Math.min(best[name] ?? Infinity, seconds));
			const found = await sha256(copy);
			if (found !== sum) throw new Error(`${name} made another file.`);
			console.log(
				`${name.padEnd(14)} ${seconds.toFixed(2)} s  ${(MEGABYTES / seconds).toFixed(0)} MiB/s  ${busy.toFixed(1)} s of processor time`
			);
			rmSync(copy, { force: true });
		}
	}
	return best;
}
