/** Host names of services, the passes to them, and the headers between: tables. */
import { expect, test } from 'vitest';
import { isFromItself, towardsBrowser, towardsService } from '#lib/server/port-headers.ts';
import { PortPasses } from '#lib/server/port-passes.ts';
import { placeOfHost, portHost, portZone, safePath, type PortPlace } from '#lib/server/port-place.ts';

const zone = { protocol: 'http:', host: 'localhost:3000' } as const;

test.each([
	['http://localhost:3000', 'http://127.0.0.1:3000', 'localhost:3000'],
	['https://notes.example.org', 'https://content.example.org', 'content.example.org'],
	['https://notes.example.org', 'https://notes.example.org', null],
	['http://10.0.0.5:3000', 'http://10.0.0.5:3000', null],
	['http://notes.example.org', 'http://10.0.0.5:3000', null]
])('%s with %s: names below %s', (origin, content, host) => {
	expect(portZone(origin, content)?.host ?? null).toBe(host);
});

const LONGEST = 'zZ'.repeat(10);

test.each([
	{ workspace: 'aB3xYz', kernel: null, port: 8888 },
	{ workspace: 'aB3xYz', kernel: '0kErNeL', port: 8888 },
	{ workspace: '00', kernel: '000', port: 1 },
	{ workspace: LONGEST, kernel: LONGEST, port: 65_535 },
	{ workspace: LONGEST, kernel: null, port: 65_535 }
])('the name of %j says where it leads, whatever the case, and can be looked up', (place) => {
	const host = portHost(zone, place);
	expect(placeOfHost(zone, host.toUpperCase())).toEqual(place);
	expect(host.split('.')[0]!.length).toBeLessThanOrEqual(63);
});

test('the same port has another name on the login node, in each job, and on each workspace', () => {
	const hosts = [
		{ workspace: 'w', kernel: null, port: 80 },
		{ workspace: 'w', kernel: 'k', port: 80 },
		{ workspace: 'w', kernel: 'K', port: 80 },
		{ workspace: 'W', kernel: 'k', port: 80 },
		{ workspace: 'k', kernel: 'w', port: 80 }
	].map((place) => portHost(zone, place));
	expect(new Set(hosts).size).toBe(hosts.length);
});

test.each([
	['localhost:3000', undefined],
	['127.0.0.1:3000', undefined],
	['p80-6162.localhost:3001', undefined],
	['p80-6162.localhost:3000.evil.example', undefined],
	['evilocalhost:3000', undefined],
	['x.localhost:3000', null],
	['p0-6162.localhost:3000', null],
	['p65536-6162.localhost:3000', null],
	['p80-2e2e2f.localhost:3000', null],
	['p80-616.localhost:3000', null],
	['a.p80-6162.localhost:3000', null],
	['j80-6162.localhost:3000', null],
	['j0-20-20.localhost:3000', null],
	['j80-20-1.localhost:3000', null],
	['j80-20-0.localhost:3000', null],
	['j80-020-20.localhost:3000', null],
	[`j80-20-${'z'.repeat(24)}.localhost:3000`, null]
])('the host %s is %j', (host, expected) => expect(placeOfHost(zone, host)).toEqual(expected));

test.each([
	['/a?b#c', '/a?b#c'],
	['//evil.example', '/'],
	['/\\evil.example', '/'],
	['/x/..//evil.example', '/'],
	['https://evil.example/', '/'],
	['/a/../b', '/b'],
	['', '/'],
	[null, '/']
])('the way %j is %j', (to, expected) => expect(safePath(to)).toBe(expected));

test('a ticket works once, in time, at its place; a pass ends with its session', () => {
	let now = 0;
	const passes = new PortPasses(() => now);
	const ended: string[] = [];
	passes.onEnded((digest) => ended.push(digest));
	const place = { workspace: 'w', kernel: null, port: 80 };
	const who = { session: 's1', user: 'u' };
	const redeem = (ticket: string, at: PortPlace = place): string | null => passes.redeem(ticket, at);
	const ticket = passes.ticket(place, who);
	expect(redeem(passes.ticket(place, who), { ...place, port: 81 })).toBeNull();
	expect(redeem(passes.ticket(place, who), { ...place, kernel: 'k' })).toBeNull();
	const pass = redeem(ticket)!;
	expect(redeem(ticket)).toBeNull();
	expect(passes.check(pass, place)).toEqual(expect.any(String));
	expect(passes.check(pass, { ...place, workspace: 'other' })).toBeNull();
	expect(passes.check(pass, { ...place, kernel: 'k' })).toBeNull();
	const late = passes.ticket(place, who);
	now += 30_001;
	expect(redeem(late)).toBeNull();
	now += 59 * 60_000;
	expect(passes.check(pass, place)).not.toBeNull();
	now += 59 * 60_000;
	expect(passes.check(pass, place)).not.toBeNull();
	passes.end({ user: 'u', except: 's1' });
	expect(passes.check(pass, place)).not.toBeNull();
	passes.end({ session: 's1' });
	expect(passes.check(pass, place)).toBeNull();
	expect(ended).toHaveLength(1);
});

test('cookies of both sides are kept apart, and addresses of the service become ours', () => {
	const origin = 'http://p80-77.localhost:3000';
	expect(
		towardsService(
			{
				host: 'p80-77.localhost:3000',
				cookie: 'ansatz-port=secret; theirs=1; __Host-ansatz-port=x',
				origin,
				referer: `${origin}/page`,
				connection: 'keep-alive, x-private',
				'x-private': '1'
			},
			{ origin, port: 80, upgrade: false }
		)
	).toEqual({
		host: 'localhost:80',
		cookie: 'theirs=1',
		origin: 'http://localhost:80',
		referer: 'http://localhost:80/page',
		'x-forwarded-proto': 'http',
		'x-forwarded-host': 'p80-77.localhost:3000'
	});
	expect(
		towardsBrowser(
			{
				location: 'http://127.0.0.1:80/lab',
				'set-cookie': ['a=1; Domain=localhost; Path=/', 'ansatz-port=forged'],
				'strict-transport-security': 'max-age=1',
				'transfer-encoding': 'chunked'
			},
			80
		)
	).toEqual({ location: '/lab', 'set-cookie': ['a=1; Path=/'], 'referrer-policy': 'same-origin' });
	expect(towardsBrowser({ location: 'http://localhost:8080/' }, 80).location).toBe('http://localhost:8080/');
});

test.each([
	[{ 'sec-fetch-site': 'same-origin' }, 'POST', true],
	[{ 'sec-fetch-site': 'none' }, 'GET', true],
	[{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, 'GET', false],
	[
		{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
		'POST',
		false
	],
	[
		{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
		'GET',
		true
	],
	[
		{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
		'GET',
		false
	],
	[{}, 'GET', true],
	[{}, 'POST', false],
	[{ origin: 'http://me' }, 'POST', true],
	[{ origin: 'http://other' }, 'GET', false]
])('%j %s: %s', (headers, method, allowed) => {
	expect(isFromItself(headers, method, 'http://me')).toBe(allowed);
});
