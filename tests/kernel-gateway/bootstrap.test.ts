import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { boot, bootCommand, NOISE_LIMIT, PREAMBLE } from '#gateway/bootstrap.ts';

const real = execFileSync('/bin/sh', ['-c', 'command -v /usr/bin/python3 || command -v python3'], {
	encoding: 'utf8'
}).trim();
const SAY = 'print("I am", sys.argv[0], "and more")';

/** A folder with programs of these names, for a search path of its own. */
function programs(files: Record<string, string>): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'boot-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	for (const [name, text] of Object.entries(files)) {
		const file = path.join(folder, name);
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, `#!/bin/sh\n${text}\n`);
		chmodSync(file, 0o755);
	}
	return folder;
}

function start(folder: string, options: Partial<Parameters<typeof bootCommand>[0]> = {}) {
	const command = bootCommand({ bootstrap: SAY, ...options });
	return spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', env: { PATH: folder, HOME: folder } });
}

test('the command is one line that every shell reads alike', () => {
	const command = bootCommand({
		bootstrap: `a = 'it''s'\nb = "!"\n`,
		pythons: ['python3'],
		environments: ["/it's", '/ok', '/$(x)', '/a"b']
	});
	expect(command).toMatch(/^exec \/bin\/sh -c '[^'!\n]*'$/);
	expect(command).toContain('"/ok/bin/python3"');
	expect(command).not.toMatch(/it's|\$\(x\)|a"b/);
});

test('the first Python that is new enough is taken', () => {
	const old = 'case "$2" in *version_info*) echo 2.7.18; exit 1;; esac';
	const folder = programs({ python3: old, python: `exec ${real} "$@"` });
	expect(start(folder).stdout).toBe('\nI am -c and more\n');
});

test('a Python known by its number only, or in a named environment, is found', () => {
	expect(start(programs({ 'python3.12': `exec ${real} "$@"` })).stdout).toContain('I am');
	const folder = programs({ 'env/bin/python3': `exec ${real} "$@"` });
	expect(start(folder, { environments: ['~/env'] }).stdout).toContain('I am');
	expect(start(folder, { environments: [`${folder}/env`] }).stdout).toContain('I am');
});

test('no Python and an old Python are told apart', () => {
	expect(start(programs({}))).toMatchObject({
		status: 97,
		stdout: expect.stringContaining('ANSATZ-FAIL {"code": "no-python"')
	});
	const { stdout } = start(programs({ python3: 'echo 3.6.8; exit 1' }));
	expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toEqual({
		code: 'old-python',
		message: expect.stringContaining('python3 is 3.6.8')
	});
});

test('a module in the folder one lands in does not shadow the library', () => {
	const folder = programs({ python3: `exec ${real} "$@"` });
	writeFileSync(path.join(folder, 'base64.py'), 'raise SystemExit(3)');
	const command = bootCommand({ bootstrap: SAY });
	expect(
		spawnSync('/bin/sh', ['-c', command], { cwd: folder, env: { PATH: folder }, encoding: 'utf8' }).stdout
	).toContain('I am');
});

/** A command played by the test. */
function played() {
	const input = new PassThrough();
	const output = new PassThrough();
	let end!: (code: number | null) => void;
	const ended = new Promise<{ code: number | null }>((resolve) => (end = (code) => resolve({ code })));
	return { input, output, end, ended, errorText: () => 'from stderr', kill: () => end(null) };
}

const zipapp = { bytes: Buffer.from('ZIPAPP'), sha256: 'abc', bootstrap: '' };
const HELLO =
	'ANSATZ-HELLO {"protocol": 1, "agent": "abc", "host": "h", "user": "u", "python": "3.11.2", "pid": 1, "boot": "b"}\n';

test('noise before the marker is skipped, the zipapp is sent when asked for, and nothing after the hello is lost', async () => {
	const command = played();
	const hello = boot(command, zipapp, 'here', 60_000);
	command.output.write('Welcome!\nANSATZ-BOOT of the year\r\nx ANSATZ-FAIL {"code": "daemon"}\n');
	expect(String(command.input.read())).toBe(PREAMBLE);
	for (const byte of 'ANSATZ-BOOT {"python": "3.11.2", "have": false}\n') command.output.write(byte);
	await new Promise((resolve) => command.input.once('readable', resolve));
	expect(String(command.input.read())).toBe('ZIPAPP');
	command.output.write(HELLO + 'FRAMES');
	expect(await hello).toMatchObject({ host: 'h', agent: 'abc' });
	command.output.end(' and more');
	expect(Buffer.concat(await command.output.toArray()).toString()).toBe('FRAMES and more');
});

test.each([
	['agent-noise', 'x'.repeat(NOISE_LIMIT + 1), undefined],
	['agent-noise', 'a line\n'.repeat(NOISE_LIMIT / 6), undefined],
	['agent-no-python', 'ANSATZ-FAIL {"code": "no-python", "message": "none"}\n', undefined],
	['agent-old-python', 'ANSATZ-FAIL {"code": "old-python", "message": "2.7"}\n', undefined],
	[
		'agent-not-stored',
		'ANSATZ-BOOT {"have": false}\nANSATZ-FAIL {"code": "cache", "message": "No space left"}\n',
		undefined
	],
	['agent-not-stored', 'ANSATZ-FAIL {"code": "hash", "message": "damaged"}\n', undefined],
	['agent-not-started', 'ANSATZ-FAIL {"code": "daemon", "message": "see daemon.log"}\n', undefined],
	['agent-protocol', HELLO.replace('"protocol": 1', '"protocol": 2'), undefined],
	['agent-no-shell', 'This account is currently not available.\n', 1],
	['agent-lost', 'ANSATZ-BOOT {"have": true}\n', 1]
])('%s', async (code, output, status) => {
	const command = played();
	const failed = boot(command, zipapp, 'ada@example.org, port 22', 60_000);
	command.output.write(output);
	if (status !== undefined) {
		await new Promise((resolve) => setImmediate(resolve));
		command.end(status);
	}
	await expect(failed).rejects.toMatchObject({ name: 'ProblemError', problem: { code } });
	const { problem } = (await failed.catch((error: unknown) => error)) as {
		problem: { title: string; detail: string; remedy: string };
	};
	expect(problem.title + problem.detail).toContain('ada@example.org, port 22');
	expect(problem.remedy).toBeTruthy();
});

test('silence ends at the limit', async () => {
	await expect(boot(played(), zipapp, 'here', 5)).rejects.toMatchObject({
		problem: { code: 'agent-no-answer' }
	});
});
