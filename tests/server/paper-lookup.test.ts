/**
 * Looking papers up, at a stand-in for doi.org, Crossref, arXiv and INSPIRE: an https server on loopback that serves the stored
 * answers (tests/model/paper/answers). The services themselves are asked by nobody here.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { createLookupCache } from '#lib/server/lookup-cache.ts';
import { outboundAddresses } from '#lib/server/outbound-address.ts';
import {
	createPaperLookup,
	type FoundPaper,
	type PaperLookup,
	type PaperLookupOptions
} from '#lib/server/paper-lookup.ts';
import { createAuthority, startHttps, type Authority, type HttpsServer } from '../support/https-server.ts';

const answer = (name: string): Buffer =>
	readFileSync(new URL(`../model/paper/answers/${name}`, import.meta.url));
const NAMES = ['doi.test', 'crossref.test', 'arxiv.test', 'inspire.test', 'elsewhere.test'];
const CSL = 'application/vnd.citationstyles.csl+json';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let authority: Authority;
let server: HttpsServer;
/** What was asked, as `host /path`, and how each is answered: by default as the services do. */
let asked: { at: string; headers: IncomingMessage['headers']; time: number }[] = [];
let handle: Handler = asTheServicesDo;

beforeAll(async () => {
	authority = createAuthority(NAMES);
	server = await startHttps(authority, (request, response) => {
		asked.push({
			at: `${request.headers.host!.replace(/:\d+$/, '')} ${request.url!}`,
			headers: request.headers,
			time: performance.now()
		});
		handle(request, response);
	});
});
afterAll(async () => {
	await server.close();
	authority.remove();
});
afterEach(() => {
	asked = [];
	handle = asTheServicesDo;
});

function asTheServicesDo({ headers, url }: IncomingMessage, response: ServerResponse): void {
	const host = headers.host!.replace(/:\d+$/, '');
	const send = (type: string, body: Buffer | string, status = 200): void => {
		response.writeHead(status, { 'content-type': type }).end(body);
	};
	if (host === 'doi.test') {
		if (url === '/10.1086/366680')
			response.writeHead(302, { location: `https://crossref.test:${server.port}/v1/works/x` }).end();
		else send('text/html;charset=utf-8', '<html>DOI Not Found</html>', 404);
	} else if (host === 'crossref.test') send(`${CSL}; charset=utf-8`, answer('crossref-10.1086-366680.json'));
	else if (host === 'arxiv.test') {
		const known = url!.includes('1707.08567');
		send(
			'application/atom+xml; charset=utf-8',
			answer(known ? 'arxiv-1707.08567.xml' : 'arxiv-0000.0000.xml')
		);
	} else if (host === 'inspire.test' && /1510263|Colangelo/.test(url!)) {
		send(
			'application/json',
			JSON.stringify({
				id: '1510263',
				metadata: JSON.parse(answer('inspire-1510263.json').toString()) as unknown
			})
		);
	} else send('application/json', '{"status":404,"message":"PID does not exist."}', 404);
}

function lookupAt(options: Partial<PaperLookupOptions> = {}): PaperLookup {
	const at = (name: string): string => `https://${name}:${server.port}`;
	return createPaperLookup({
		userAgent: () => 'Ansatz/0.1 (+https://notebooks.example.org; mailto:it@example.org)\r\nX-Bad: 1',
		cache: createLookupCache(),
		networks: ['127.0.0.0/8'],
		lookup: (host) => Promise.resolve(NAMES.includes(host) ? ['127.0.0.1'] : []),
		ca: authority.ca,
		timeoutMs: 5_000,
		...options,
		services: {
			...{ doi: at('doi.test'), doiRedirects: [`crossref.test:${server.port}`] },
			...{ arxiv: at('arxiv.test'), arxivPauseMs: 0, inspire: at('inspire.test'), inspirePauseMs: 0 },
			...options.services
		}
	});
}

async function refusal(promise: Promise<unknown>): Promise<Problem & { status: number }> {
	const error = await promise.then(
		() => undefined,
		(reason: unknown) => reason
	);
	expect(error).toBeInstanceOf(ProblemError);
	const { problem, status } = error as ProblemError;
	expect(problem.remedy).toContain('Everything can be typed in as well.');
	return { ...problem, status };
}

describe('what is known', () => {
	test('of a DOI: by content negotiation, over the redirect to its agency', async () => {
		const { draft, source, url } = await lookupAt().lookup('https://doi.org/10.1086/366680', 'anna');
		expect(draft).toMatchObject({ venue: 'Classical Philology', doi: '10.1086/366680' });
		expect({ source, url }).toEqual({ source: 'crossref.test', url: 'https://doi.org/10.1086/366680' });
		expect(asked.map(({ at }) => at)).toEqual(['doi.test /10.1086/366680', 'crossref.test /v1/works/x']);
		for (const { headers } of asked) {
			expect(headers.accept).toBe(CSL);
			expect(headers['user-agent']).toBe(
				'Ansatz/0.1 (+https://notebooks.example.org; mailto:it@example.org)X-Bad: 1'
			);
			expect(headers).not.toHaveProperty('x-bad');
			expect(headers).not.toHaveProperty('cookie');
		}
	});

	test('of an arXiv identifier, and of a record of INSPIRE by number and by key', async () => {
		const lookup = lookupAt();
		expect((await lookup.lookup('arXiv:1707.08567v1', 'anna')).draft).toMatchObject({ arxiv: '1707.08567' });
		expect((await lookup.lookup('https://inspirehep.net/literature/1510263', 'anna')).draft).toMatchObject({
			inspire: '1510263'
		});
		expect((await lookup.lookup('Colangelo:2017qdm', 'anna')).draft).toMatchObject({
			texkey: 'Colangelo:2017qdm'
		});
		expect(asked.map(({ at }) => at.split(/[?&]/)[0])).toEqual([
			'arxiv.test /api/query',
			'inspire.test /api/literature/1510263',
			'inspire.test /api/literature'
		]);
	});

	test('is asked for once: by several at the same time, and later', async () => {
		const lookup = lookupAt();
		const found = await Promise.all(['anna', 'ben', 'cleo'].map((who) => lookup.lookup('1707.08567', who)));
		await lookup.lookup('https://arxiv.org/abs/1707.08567', 'dora');
		expect(asked).toHaveLength(1);
		expect(new Set(found.map(({ draft }) => draft.title)).size).toBe(1);
	});

	test('that there is nothing is remembered as well', async () => {
		const lookup = lookupAt();
		for (const text of ['10.1086/nothing', '2001.00001', '999', 'Nobody:2020xyz']) {
			for (const who of ['anna', 'ben'])
				expect(await refusal(lookup.lookup(text, who))).toMatchObject({ status: 404, code: 'paper-unknown' });
		}
		expect(asked).toHaveLength(4);
	});
});

describe('what goes wrong', () => {
	test('a text that names no paper asks nobody', async () => {
		expect(await refusal(lookupAt().lookup('my paper', 'anna'))).toMatchObject({
			status: 400,
			code: 'paper-identifier'
		});
		expect(asked).toEqual([]);
	});

	test.each([
		['another host', () => `https://elsewhere.test:${server.port}/x`],
		['another port', () => 'https://crossref.test/x'],
		['plain http', () => `http://crossref.test:${server.port}/x`],
		['a password', () => `https://a:b@crossref.test:${server.port}/x`],
		['a file', () => 'file:///etc/passwd']
	])('a redirect to %s is not followed', async (_, location) => {
		handle = (_request, response) => response.writeHead(302, { location: location() }).end();
		expect(await refusal(lookupAt().lookup('10.1086/366680', 'anna'))).toMatchObject({
			status: 502,
			code: 'outbound-host'
		});
		expect(asked).toHaveLength(1);
	});

	test('a redirect in a circle, and one to nowhere', async () => {
		handle = (request, response) => response.writeHead(302, { location: request.url! }).end();
		expect(await refusal(lookupAt().lookup('10.1086/366680', 'anna'))).toMatchObject({
			code: 'outbound-answer'
		});
		expect(asked).toHaveLength(6);
		handle = (_request, response) => response.writeHead(302, { location: 'https://[' }).end();
		expect(await refusal(lookupAt().lookup('10.1086/366680', 'anna'))).toMatchObject({
			code: 'outbound-answer'
		});
	});

	test('a service that drips, and one that says nothing', async () => {
		handle = (_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json' });
			const dripping = setInterval(() => response.write(' '), 50);
			response.on('close', () => clearInterval(dripping));
		};
		const started = performance.now();
		expect(await refusal(lookupAt({ timeoutMs: 600 }).lookup('999', 'anna'))).toMatchObject({
			status: 504,
			code: 'outbound-timeout'
		});
		handle = () => undefined;
		expect(await refusal(lookupAt({ timeoutMs: 600 }).lookup('998', 'anna'))).toMatchObject({ status: 504 });
		expect(performance.now() - started).toBeLessThan(10_000);
	});

	test('a name that takes for ever to look up', async () => {
		const lookup = lookupAt({ timeoutMs: 300, lookup: () => new Promise(() => undefined) });
		expect(await refusal(lookup.lookup('999', 'anna'))).toMatchObject({ code: 'outbound-timeout' });
	});

	test('an answer without an end is cut off', async () => {
		let sent = 0;
		const closed = new Promise<void>((resolve) => {
			handle = (_request, response) => {
				response.writeHead(200, { 'content-type': 'application/json' });
				const more = (): void => {
					while (sent < 1e9 && response.write(Buffer.alloc(1 << 20, 32))) sent += 1 << 20;
				};
				response.on('drain', more).on('close', resolve);
				more();
			};
		});
		expect(await refusal(lookupAt().lookup('999', 'anna'))).toMatchObject({
			status: 502,
			code: 'outbound-size'
		});
		await closed;
		expect(sent).toBeLessThan(100e6);
	});

	test('an answer that says it is large, a packed one, and one that breaks off', async () => {
		handle = (_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000000000' });
			response.write('{');
		};
		expect(await refusal(lookupAt().lookup('999', 'anna'))).toMatchObject({ code: 'outbound-size' });
		handle = (_request, response) =>
			response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('x');
		expect(await refusal(lookupAt().lookup('999', 'anna'))).toMatchObject({ code: 'outbound-answer' });
		handle = (_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
			response.write('{', () => response.destroy());
		};
		expect(await refusal(lookupAt().lookup('999', 'anna'))).toMatchObject({ code: 'outbound-failed' });
	});

	test.each([
		['999', 'text/html', '<html><script>alert(1)</script></html>'],
		['1707.08567', 'text/html', '<feed></feed>'],
		['10.1086/366680', 'application/pdf', '%PDF-'],
		['999', 'application/json', '{"metadata": '],
		['999', '', '{}']
	])('%s answered as %s', async (text, type, body) => {
		handle = (_request, response) => response.writeHead(200, type ? { 'content-type': type } : {}).end(body);
		expect(await refusal(lookupAt().lookup(text, 'anna'))).toMatchObject({
			status: 502,
			code: 'paper-service-answer'
		});
	});

	test('a service that is broken', async () => {
		handle = (_request, response) => response.writeHead(500).end();
		expect(await refusal(lookupAt().lookup('999', 'anna'))).toMatchObject({
			status: 502,
			detail: expect.stringContaining('500') as string
		});
	});

	test('a service that wants to be left alone is left alone, and the others are asked', async () => {
		handle = (_request, response) => response.writeHead(429, { 'retry-after': '120' }).end();
		const lookup = lookupAt();
		expect(await refusal(lookup.lookup('1707.08567', 'anna'))).toMatchObject({
			status: 503,
			code: 'paper-service-busy',
			detail: expect.stringContaining('2 minutes') as string
		});
		handle = asTheServicesDo;
		expect(await refusal(lookup.lookup('1707.08567', 'ben'))).toMatchObject({ code: 'paper-service-busy' });
		expect((await lookup.lookup('1510263', 'ben')).draft.inspire).toBe('1510263');
		expect(asked.map(({ at }) => at.split(' ')[0])).toEqual(['arxiv.test', 'inspire.test']);
	});

	test('after its time the service is asked again', async () => {
		handle = (_request, response) =>
			response.writeHead(503, { 'retry-after': new Date(Date.now() - 5_000).toUTCString() }).end();
		const lookup = lookupAt();
		expect(await refusal(lookup.lookup('1707.08567', 'anna'))).toMatchObject({ code: 'paper-service-busy' });
		handle = asTheServicesDo;
		expect((await lookup.lookup('1707.08567', 'anna')).draft.arxiv).toBe('1707.08567');
	});

	test('one person asks a number of questions, others are not held up by that', async () => {
		const lookup = lookupAt();
		for (let count = 0; count < 30; count += 1) await lookup.lookup('1707.08567', 'anna');
		expect(await refusal(lookup.lookup('1707.08567', 'anna'))).toMatchObject({
			status: 429,
			code: 'paper-lookup-limit'
		});
		await lookup.lookup('1707.08567', 'ben');
	});

	test('a service is asked one question at a time, with a pause', async () => {
		let under = 0;
		let most = 0;
		const times: number[] = [];
		handle = (request, response) => {
			most = Math.max(most, ++under);
			times.push(performance.now());
			setImmediate(() => {
				under -= 1;
				asTheServicesDo(request, response);
			});
		};
		const lookup = lookupAt({ services: { arxivPauseMs: 200 } });
		await Promise.allSettled(
			['2001.00001', '2001.00002', '2001.00003'].map((id) => lookup.lookup(id, 'anna'))
		);
		expect(times).toHaveLength(3);
		expect(most).toBe(1);
		expect(times[1]! - times[0]!).toBeGreaterThan(190);
		expect(times[2]! - times[1]!).toBeGreaterThan(190);
	});

	test('no network', async () => {
		const closed = createServer();
		closed.listen(0, '127.0.0.1');
		await once(closed, 'listening');
		const { port } = closed.address() as AddressInfo;
		await new Promise((resolve) => closed.close(resolve));
		expect(
			await refusal(lookupAt({ services: { inspire: `https://inspire.test:${port}` } }).lookup('999', 'anna'))
		).toMatchObject({
			status: 502,
			code: 'outbound-failed',
			title: `inspire.test:${port} cannot be reached.`
		});
		expect(
			await refusal(lookupAt({ lookup: () => Promise.resolve([]) }).lookup('999', 'anna'))
		).toMatchObject({ code: 'outbound-unknown' });
	});

	test('a certificate that nobody we trust has signed', async () => {
		const other = createAuthority(['inspire.test']);
		onTestFinished(() => other.remove());
		expect(await refusal(lookupAt({ ca: other.ca }).lookup('999', 'anna'))).toMatchObject({
			code: 'outbound-failed'
		});
		expect(asked).toEqual([]);
	});
});

describe('addresses', () => {
	test.each([
		'127.0.0.1',
		'::1',
		'10.0.0.5',
		'192.168.1.1',
		'169.254.169.254',
		'fd00::1',
		'100.64.0.1',
		'::ffff:10.1.1.1',
		'0.0.0.0',
		'2002:7f00:1::'
	])('a name that leads to %s is refused before a packet goes there', async (ip) => {
		const lookup = lookupAt({ networks: [], lookup: () => Promise.resolve(['93.184.215.14', ip]) });
		expect(await refusal(lookup.lookup('999', 'anna'))).toMatchObject({
			status: 403,
			code: 'outbound-closed'
		});
		expect(asked).toEqual([]);
	});

	test('a network that is configured is open, others stay closed', async () => {
		const rules = {
			networks: ['10.0.0.0/8'],
			lookup: (host: string) => Promise.resolve([host === 'a.test' ? '10.0.0.1' : '192.168.0.1'])
		};
		expect(await outboundAddresses('a.test', rules)).toEqual(['10.0.0.1']);
		await expect(outboundAddresses('b.test', rules)).rejects.toThrow('192.168.0.1 is a private address');
		expect(await outboundAddresses('1.1.1.1', rules)).toEqual(['1.1.1.1']);
	});

	test('a name is looked up once, and the connection goes to what was checked', async () => {
		let looked = 0;
		const lookup = lookupAt({
			// the second answer would be another machine
			lookup: () => Promise.resolve([++looked === 1 ? '127.0.0.1' : '127.0.0.2'])
		});
		await lookup.lookup('1510263', 'anna');
		expect(looked).toBe(1);
		expect(asked).toHaveLength(1);
		// and nothing else listens there
		const probe = connect(server.port, '127.0.0.2');
		await once(probe, 'error');
	});
});

test('kept answers: as many as fit, the one asked for longest ago goes first, and each for its time', async () => {
	const found = (title: string): FoundPaper => ({ draft: { title }, source: 's', url: 'u' });
	const cache = createLookupCache({ entries: 2, characters: 300 });
	await cache.set('a', found('A'), 60_000);
	await cache.set('b', null, 60_000);
	expect(await cache.get('a')).toEqual(found('A'));
	await cache.set('c', found('C'), 60_000);
	expect(await cache.get('b')).toBeUndefined();
	expect(await cache.get('c')).toEqual(found('C'));
	await cache.set('d', found('x'.repeat(200)), 60_000);
	expect(await cache.get('a')).toBeUndefined();
	await cache.set('e', found('x'.repeat(400)), 60_000);
	expect(await cache.get('e')).toBeUndefined();
	await cache.set('f', null, 0);
	expect(await cache.get('f')).toBeUndefined();
});
