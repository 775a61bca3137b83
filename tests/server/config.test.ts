/** What the environment may say, and how a wrong one is told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '#lib/server/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'ansatz-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

function faults(environment: Record<string, string>): string[] {
	try {
		readConfig(environment);
	} catch (error) {
		if (error instanceof ConfigError) return error.faults;
		throw error;
	}
	return [];
}

describe('an environment that can be used', () => {
	test('nothing set: this machine only, its own database, another host name for what others wrote', () => {
		expect(readConfig({})).toEqual({
			port: 3000,
			host: '127.0.0.1',
			origin: 'http://localhost:3000',
			userContentOrigin: 'http://127.0.0.1:3000',
			origins: ['http://localhost:3000'],
			dataDir: resolve('data'),
			databaseUrl: null,
			logLevel: 'warn',
			python: 'python3',
			localEnvironment: null,
			mail: null,
			git: { networks: [], certificates: null },
			serverSsh: { system: false, agentSocket: null, environment: {} }
		});
	});

	test('mail: the server with its secret from a file, and whom it is from', () => {
		const url = 'smtps://ansatz:s%40fe@mail.example.org';
		expect(
			readConfig({ SMTP_URL_FILE: file('smtp', `${url}\n`), MAIL_FROM: 'Ansatz <ansatz@example.org>' }).mail
		).toEqual({ url, from: 'Ansatz <ansatz@example.org>' });
		expect(faults({ SMTP_URL: url })).toEqual([expect.stringMatching(/^MAIL_FROM: is missing/)]);
		expect(faults({ SMTP_URL: 'mail.example.org', MAIL_FROM: 'nobody' })).toEqual([
			expect.stringMatching(/^SMTP_URL: must be a URL like smtps:/),
			expect.stringMatching(/^MAIL_FROM: must be an address/)
		]);
	});

	test('the server’s own ssh and agent are for nobody unless it is said, and get nothing of ours that is secret', () => {
		const environment = {
			PATH: '/bin',
			SSH_AUTH_SOCK: '/run/agent',
			DATABASE_URL: 'postgres://ada:canary@db/x'
		};
		const passed = { PATH: '/bin', SSH_AUTH_SOCK: '/run/agent' };
		expect(readConfig(environment).serverSsh).toEqual({
			system: false,
			agentSocket: null,
			environment: passed
		});
		expect(readConfig({ ...environment, SERVER_SSH: 'system, agent' }).serverSsh).toEqual({
			system: true,
			agentSocket: '/run/agent',
			environment: passed
		});
		expect(faults({ SERVER_SSH: 'agent' })).toEqual([
			expect.stringMatching(/^SERVER_SSH: agent needs the SSH_AUTH_SOCK/)
		]);
		expect(faults({ SERVER_SSH: 'system,root' })).toEqual([
			expect.stringMatching(/^SERVER_SSH: must be system, agent/)
		]);
	});

	test('the port is in the address people type', () => {
		expect(readConfig({ PORT: '8080' })).toMatchObject({
			port: 8080,
			origin: 'http://localhost:8080',
			userContentOrigin: 'http://127.0.0.1:8080'
		});
	});

	test('a site of its own, with and without a slash at the end', () => {
		for (const ORIGIN of [
			'https://notes.example.org',
			'https://notes.example.org/',
			'HTTPS://Notes.Example.org:443'
		]) {
			const config = readConfig({ ORIGIN, USER_CONTENT_ORIGIN: 'https://content.example.net' });
			expect(config.origin).toBe('https://notes.example.org');
			expect(config.origins).toEqual(['https://notes.example.org']);
			expect(config.userContentOrigin).toBe('https://content.example.net');
		}
	});

	test('an empty variable is none, as in a compose file', () => {
		expect(
			readConfig({ PORT: '', ORIGIN: '', DATABASE_URL: '', DATABASE_URL_FILE: '', LOG_LEVEL: '' })
		).toEqual(readConfig({}));
	});

	test('a secret comes from a file; the variable itself goes first', () => {
		const DATABASE_URL_FILE = file('url', 'postgres://ada:secret@db/ansatz\n');
		expect(readConfig({ DATABASE_URL_FILE }).databaseUrl).toBe('postgres://ada:secret@db/ansatz');
		expect(readConfig({ DATABASE_URL: '', DATABASE_URL_FILE }).databaseUrl).toBe(
			'postgres://ada:secret@db/ansatz'
		);
		const DATABASE_URL = 'postgresql://other/db';
		expect(readConfig({ DATABASE_URL, DATABASE_URL_FILE }).databaseUrl).toBe(DATABASE_URL);
	});
});

describe('an environment that cannot', () => {
	test.each([
		['PORT', '0'],
		['PORT', '65536'],
		['PORT', '99999'],
		['PORT', '-1'],
		['PORT', '80a'],
		['PORT', '3000.5'],
		['ORIGIN', 'notes.example.org'],
		['ORIGIN', 'ftp://notes.example.org'],
		['ORIGIN', 'https://notes.example.org/path'],
		['ORIGIN', 'https://notes.example.org/?a=b'],
		['ORIGIN', 'https://ada@notes.example.org'],
		['USER_CONTENT_ORIGIN', 'javascript:alert(1)'],
		['DATABASE_URL', 'mysql://db/ansatz'],
		['DATABASE_URL', 'db:5432'],
		['SERVICES', 'web'],
		['LOG_LEVEL', 'loud']
	])('%s=%s is refused by its name', (name, value) => {
		expect(faults({ [name]: value })).toEqual([expect.stringMatching(`^${name}: \\S`)]);
	});

	test('all faults are told at once, one line a variable', () => {
		const environment = {
			PORT: 'x',
			ORIGIN: 'y',
			LOG_LEVEL: 'z',
			DATABASE_URL: 'w',
			USER_CONTENT_ORIGIN: 'v'
		};
		const names = faults(environment).map((line) => line.split(':')[0]);
		expect(names.sort()).toEqual(Object.keys(environment).sort());
		expect(() => readConfig(environment)).toThrow(
			/^The configuration cannot be used:\n( {2}[A-Z_]+: .+(\n|$)){5}$/
		);
	});

	test('what others wrote must be on another host name: cookies know no ports', () => {
		const refused = [expect.stringContaining('another host name')];
		const ORIGIN = 'https://notes.example.org';
		expect(faults({ ORIGIN, USER_CONTENT_ORIGIN: ORIGIN })).toEqual(refused);
		expect(faults({ ORIGIN, USER_CONTENT_ORIGIN: 'https://notes.example.org:8443' })).toEqual(refused);
		expect(faults({ ORIGIN, USER_CONTENT_ORIGIN: 'https://content.example.org' })).toEqual([]);
		expect(faults({ USER_CONTENT_ORIGIN: 'http://localhost:3001' })).toEqual(refused);
	});

	test('a file that is not there is named, and what is in a file is not told', () => {
		expect(faults({ DATABASE_URL_FILE: '/nowhere/url' })).toEqual([
			expect.stringMatching(/^DATABASE_URL_FILE: .*\/nowhere\/url/)
		]);
		const [fault] = faults({ DATABASE_URL_FILE: file('wrong', 'mysql://ada:canary@db') });
		expect(fault).toMatch(/^DATABASE_URL: /);
		expect(fault).not.toContain('canary');
		expect(faults({ DATABASE_URL: 'mysql://ada:canary@db' }).join()).not.toContain('canary');
	});
});
