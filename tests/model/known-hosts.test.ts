/** known_hosts as OpenSSH reads it; the real ssh-keygen makes and finds the hashed lines. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knownHostName, matchesHost, parseKnownHosts, withoutHost } from '#lib/model/known-hosts.ts';

const hmac = (key: Uint8Array, text: string): Uint8Array => createHmac('sha1', key).update(text).digest();
let folder: string;
let key: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'known-'));
	execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
	key = readFileSync(join(folder, 'key.pub'), 'utf8').split(' ')[1]!;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Whether OpenSSH's own tool finds the host in a file of this one line. */
function opensshFinds(line: string, name: string): boolean {
	const file = join(folder, 'known_hosts');
	writeFileSync(file, `${line}\n`);
	return spawnSync('ssh-keygen', ['-F', name, '-f', file]).status === 0;
}

const CASES: [pattern: string, host: string, port: number, matches: boolean][] = [
	['node', 'node', 22, true],
	['node', 'Node', 22, true],
	['NODE', 'node', 22, true],
	['node', 'nodes', 22, false],
	['node', 'node', 2222, false],
	['[node]:2222', 'node', 2222, true],
	['[node]:2222', 'node', 22, false],
	['a,node,b', 'node', 22, true],
	['*.example.org', 'x.example.org', 22, true],
	['*.example.org', 'x.y.example.org', 22, true],
	['*.example.org', 'example.org', 22, false],
	['*.example.org', 'x.example.org.evil', 22, false],
	['*.example.org,!bad.example.org', 'bad.example.org', 22, false],
	['!bad.example.org,*.example.org', 'bad.example.org', 22, false],
	['*.example.org,!bad.example.org', 'good.example.org', 22, true],
	['!bad', 'good', 22, false],
	['node?', 'node1', 22, true],
	['node?', 'node', 22, false],
	['node?', 'node12', 22, false],
	['n*d*1', 'nad-node1', 22, true],
	['*', 'anything', 22, true],
	['[*]:2222', 'anything', 2222, true],
	['192.168.*.?', '192.168.10.5', 22, true],
	['::1', '::1', 22, true],
	['[::1]:2222', '::1', 2222, true],
	['[::1]:2222', '[::1]', 2222, true],
	['no.de', 'noxde', 22, false]
];

test.each(CASES)('%s for %s port %i: %s', (pattern, host, port, expected) => {
	expect(matchesHost(pattern, host, port, hmac)).toBe(expected);
});

test('plain names and patterns are matched as OpenSSH matches them', () => {
	for (const [pattern, host, port, expected] of CASES) {
		const name = knownHostName(host, port);
		expect([pattern, name, opensshFinds(`${pattern} ssh-ed25519 ${key}`, name)]).toEqual([
			pattern,
			name,
			expected
		]);
	}
});

test('lines hashed by OpenSSH are read and stand for their host alone', () => {
	const file = join(folder, 'hashed');
	writeFileSync(file, `node.example.org ssh-ed25519 ${key}\n[node.example.org]:2222 ssh-ed25519 ${key}\n`);
	execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
	const { hosts, problems } = parseKnownHosts(readFileSync(file, 'utf8'));
	expect(problems).toEqual([]);
	const found = (host: string, port: number): number[] =>
		hosts.flatMap(({ pattern }, index) => (matchesHost(pattern, host, port, hmac) ? [index] : []));
	expect(hosts.every(({ pattern }) => pattern.startsWith('|1|'))).toBe(true);
	expect(found('node.example.org', 22)).toEqual([0]);
	expect(found('NODE.example.org', 2222)).toEqual([1]);
	expect(found('other.example.org', 22)).toEqual([]);
	expect(withoutHost(hosts[0]!.pattern, 'node.example.org', 22, hmac)).toBeNull();
	expect(withoutHost(hosts[0]!.pattern, 'other', 22, hmac)).toBe(hosts[0]!.pattern);
});

describe('reading', () => {
	test('comments, empty lines, tabs and any line ends', () => {
		const text = `# a comment\r\n\r\n  node\tssh-ed25519\t${key} some words\r\n@revoked * ssh-ed25519 ${key}\n   # more`;
		expect(parseKnownHosts(text)).toEqual({
			hosts: [
				{ pattern: 'node', keyType: 'ssh-ed25519', key, revoked: false },
				{ pattern: '*', keyType: 'ssh-ed25519', key, revoked: true }
			],
			problems: []
		});
		expect(parseKnownHosts('')).toEqual({ hosts: [], problems: [] });
	});

	test.each([
		['@cert-authority * ssh-ed25519 KEY', /authorities are not supported/],
		['@other * ssh-ed25519 KEY', /marker @other/],
		['node', /has a host, a key type and a key/],
		['node ssh-ed25519', /has a host, a key type and a key/],
		['@revoked node ssh-ed25519', /has a host, a key type and a key/],
		['node ssh-rsa KEY', /says ssh-rsa, the key itself says ssh-ed25519/],
		['node ssh-ed25519 no!base64', /not valid base64/],
		['node ssh-ed25519 AAAA', /not valid base64/],
		['node ssh-ed25519 AAAA/////////w==', /not valid base64/],
		['node 2048 35 1234567890', /first version/],
		['node ssh-ed25519-cert-v01@openssh.com KEY', /Certificates/],
		['a,,b ssh-ed25519 KEY', /name is empty/],
		['! ssh-ed25519 KEY', /name is empty/],
		['|1|short|hash ssh-ed25519 KEY', /hashed host/],
		['|2|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= ssh-ed25519 KEY', /hashed host/],
		[`${'x'.repeat(3000)} ssh-ed25519 KEY`, /too long/],
		['no\u0000de ssh-ed25519 KEY', /characters that no host has/]
	])('%j is a problem of its line', (line, message) => {
		const { hosts, problems } = parseKnownHosts(`ok ssh-ed25519 ${key}\n${line.replace('KEY', key)}\n`);
		expect(hosts).toHaveLength(1);
		expect(problems).toEqual([{ line: 2, message: expect.stringMatching(message) }]);
	});

	test('a pattern made to be slow is not', () => {
		expect(matchesHost(`${'*a'.repeat(900)}b`, 'a'.repeat(250), 22, hmac)).toBe(false);
	});
});

test('a host is taken out of a field that stands for others too', () => {
	expect(withoutHost('node', 'node', 22, hmac)).toBeNull();
	expect(withoutHost('node,10.0.0.1', 'Node', 22, hmac)).toBe('10.0.0.1');
	expect(withoutHost('*.org,!x.org', 'a.org', 22, hmac)).toBe('*.org,!x.org,!a.org');
	expect(withoutHost('a.org,*.org', 'a.org', 22, hmac)).toBe('*.org,!a.org');
	expect(withoutHost('a.org,!b.org', 'a.org', 22, hmac)).toBeNull();
	expect(withoutHost('other', 'node', 22, hmac)).toBe('other');
});
