/** Who is let in, over the wire: every route without a session, every change from another site, sessions, secrets. */
import { eq, sql } from 'drizzle-orm';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { users } from '#db/schema.ts';
import { insertToken } from '#lib/server/account-rows.ts';
import { openPage } from '../support/person-line.ts';
import { openSeed, PASSWORD, type Seed, type SeededPerson } from '../support/people.ts';
import { freePort, startServer, type ServerProcess } from '../support/server-process.ts';

/** Reviewed: what answers without a session, with the status of a plain GET. A new entry needs a reason. */
const PUBLIC: Record<string, number> = {
	'/sign-in': 200, // where one signs in
	'/welcome/[token]': 410, // an invitation; an unknown one is gone
	'/healthz': 200, // says only that the process answers
	'/readyz': 200, // says only whether the database answers
	'/frame': 200, // an empty page, the same for everybody
	'/api/openapi.json': 200, // a description, the same for everybody
	'/api/collections': 200, // collections of public cards
	'/api/collections/[slug]': 404,
	'/api/papers': 200, // public cards
	'/api/papers/[slug]': 404, // one of them
	'/api/papers/[slug]/checks': 404, // how its example does
	'/api/papers/[slug]/versions/[number]': 404, // what was published
	'/papers': 200, // the same as pages
	'/papers/[slug]': 404,
	'/papers/[slug]/badge.svg': 404,
	'/papers/[slug]/checks': 404,
	'/papers/[slug]/checks/[check]/[cell]/[output]': 404, // what was drawn anew
	'/papers/[slug]/cite.[kind]': 404,
	'/papers/[slug]/v/[number]': 404,
	'/papers/[slug]/v/[number]/run': 404, // says who may run its example, and lets guests in
	'/papers/[slug]/v/[number]/badge.svg': 404,
	'/papers/[slug]/v/[number]/[file]': 404, // its picture and files
	'/papers/[slug]/v/[number]/files/[...path]': 404, // its data files
	'/papers/[slug]/v/[number]/outputs/[cell]/[output]/[part]': 404, // its outputs
	'/papers/[slug]/v/[number]/embed/[cell]': 404, // its outputs, in pages of others
	'/papers/[slug]/v/[number]/embed/[cell]/[output]': 404,
	'/papers/[slug]/v/[number]/embed/[cell]/[output]/frame': 404,
	'/papers/collections': 200, // public cards that belong together
	'/papers/collections/[slug]': 404,
	'/papers/collections/[slug]/feed.xml': 404,
	'/papers/feed.xml': 200, // public cards for readers of feeds
	'/papers/sitemap.xml': 200, // and for search engines
	'/robots.txt': 200 // what those may read
};

/** Reviewed: what a guest may ask besides, and by which methods. */
const OF_GUESTS: Record<string, string[]> = {
	'/notebooks/[id]': ['GET', 'HEAD'], // their notebook
	'/api/notebooks/[id]': ['GET', 'HEAD'], // the same, to take along
	'/api/notebooks/[id]/blobs/[hash]': ['GET', 'HEAD'], // its outputs
	'/api/notebooks/[id]/file': ['GET', 'HEAD'], // whether it is a file, which it is not
	'/api/notebooks/[id]/streams/[stream]': ['GET', 'HEAD'],
	'/api/notebooks/[id]/runs': ['GET', 'HEAD', 'POST'], // running its cells
	'/api/notebooks/[id]/runs/[run]': ['GET', 'HEAD'],
	'/api/notebooks/[id]/runs/[run]/input': ['POST'],
	'/api/notebooks/[id]/kernel': ['GET', 'HEAD', 'POST'], // on the machine for guests, behind walls
	'/api/preferences': ['GET', 'HEAD', 'PATCH'], // how they see it
	'/sign-out': ['GET', 'HEAD', 'POST'] // leaving
};

const ROUTES_FOLDER = join(import.meta.dirname, '../../src/routes');
const ROUTES = [
	...new Set(
		readdirSync(ROUTES_FOLDER, { recursive: true, withFileTypes: true })
			.filter((entry) => /^\+(server\.ts|page(\.server)?\.(ts|svelte))$/.test(entry.name))
			.map((entry) => `/${relative(ROUTES_FOLDER, entry.parentPath)}`.replace(/\/\([^)]*\)/g, ''))
	)
].sort();
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const CHANGES = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** Words that must never be found where they could be read later. */
const CANARY = {
	password: 'canary-password-7Qx1',
	nextPassword: 'canary-password-9Zt2',
	wrongPassword: 'canary-password-0Wn3',
	sshPassword: 'canary-ssh-password-5Lp4',
	passphrase: 'canary-passphrase-3Mv5'
};

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;

beforeAll(async () => {
	server = await startServer({ env: { LOG_LEVEL: 'debug' } });
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true });
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

const cookieOf = (person: SeededPerson): string => `${person.cookie.name}=${person.cookie.value}`;

function address(route: string, parameter = 'A'.repeat(20)): string {
	return route.replace(/\[[^\]]+\]/g, parameter);
}

function request(
	path: string,
	method: string,
	headers: Record<string, string>,
	body?: string
): Promise<Response> {
	return fetch(server.origin + path, {
		method,
		headers,
		redirect: 'manual',
		...(body === undefined ? {} : { body })
	});
}

/** A form as a browser sends it from our own page. */
function form(path: string, fields: Record<string, string>, cookie = ''): Promise<Response> {
	return request(
		path,
		'POST',
		{
			Origin: server.origin,
			Accept: 'text/html',
			'Content-Type': 'application/x-www-form-urlencoded',
			...(cookie ? { Cookie: cookie } : {})
		},
		new URLSearchParams(fields).toString()
	);
}

/** The cookie an answer sets, as it is sent back. */
function cookieFrom(answer: Response): string {
	return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

async function signedIn(cookie: string): Promise<boolean> {
	return (await request('/api/notebooks', 'GET', { Cookie: cookie })).status === 200;
}

describe('without a session', () => {
	test('the walk knows the routes', () => {
		expect(ROUTES).toContain('/');
		expect(ROUTES).toContain('/api/notebooks/[id]/runs/[run]');
		expect(ROUTES).toEqual(expect.arrayContaining(Object.keys(PUBLIC)));
	});

	test.each(ROUTES.filter((route) => !(route in PUBLIC)))('%s shows and does nothing', async (route) => {
		for (const method of METHODS) {
			const answer = await request(
				address(route),
				method,
				CHANGES.includes(method) ? { Origin: server.origin } : {}
			);
			const said = `${method} ${route}: ${answer.status} ${answer.headers.get('location') ?? ''}`.trim();
			if (route.startsWith('/api/') || CHANGES.includes(method)) expect(said).toBe(`${method} ${route}: 401`);
			else expect(said).toBe(`${method} ${route}: 303 /sign-in?next=${encodeURIComponent(address(route))}`);
			const data = await request(`${address(route)}/__data.json`, 'GET', {});
			expect(await data.text()).not.toContain('"type":"data"');
		}
	});

	test.each(Object.entries(PUBLIC))('%s is public and answers %i', async (route, status) => {
		expect((await request(address(route), 'GET', {})).status).toBe(status);
	});

	test('what is no route, and a page dressed up as another, is closed as well', async () => {
		for (const path of [
			'/nosuch',
			'/api/nosuch',
			'/sign-in/../account',
			'/SIGN-IN/../people',
			'/%61ccount',
			'//account'
		]) {
			expect([path, [303, 401, 404].includes((await request(path, 'GET', {})).status)]).toEqual([path, true]);
		}
	});

	test('an address that cannot be decoded is refused, and the server lives on', async () => {
		for (const path of ['/%ff', '/papers/x/v/1/files/%ff', '/api/%ff', '/%', '/papers/%c0%ae'])
			expect([path, (await request(path, 'GET', {})).status]).toEqual([path, 400]);
		expect((await request('/healthz', 'GET', {})).status).toBe(200);
	});

	test.each(['/collab', '/person'])(
		'no socket opens at %s: not without a session, not with a cookie that is none, not from another site',
		async (path) => {
			const status = (headers: Record<string, string>): Promise<number> =>
				new Promise((resolve) => {
					const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
					socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
					socket.on('open', () => {
						socket.close();
						resolve(101);
					});
					socket.on('error', () => undefined);
				});
			const Cookie = cookieOf(ada);
			expect(await status({ Origin: server.origin })).toBe(401);
			expect(await status({ Origin: server.origin, Cookie: 'ansatz=%E0%A4%A' })).toBe(401);
			expect(await status({ Origin: server.origin, Cookie: 'ansatz=%00' })).toBe(401);
			for (const Origin of [
				'https://evil.example',
				'null',
				`${server.origin}.evil.example`,
				`http://evil-${server.origin.slice('http://'.length)}`,
				`${server.origin}/`,
				`${server.origin}1`,
				server.origin.toUpperCase(),
				server.origin.replace('http:', 'https:')
			]) {
				expect([Origin, await status({ Origin, Cookie })]).toEqual([Origin, 403]);
			}
			expect(await status({ Cookie })).toBe(403);
			// A token is for the HTTP interface.
			expect(await status({ Origin: server.origin, Authorization: `Bearer ${ada.token}` })).toBe(401);
			expect(await status({ Origin: server.origin, Cookie })).toBe(101);
			expect((await request('/healthz', 'GET', {})).status).toBe(200);
		}
	);

	test('a socket ends with its session', async () => {
		const mine = await form('/sign-in', { name: 'ada', password: PASSWORD });
		const headers = { Cookie: cookieFrom(mine), Origin: server.origin };
		const [page, other] = [
			await openPage(server.port, headers),
			await openPage(server.port, { Cookie: cookieOf(ada), Origin: server.origin })
		];
		await form('/sign-out', {}, headers.Cookie);
		expect(await page.closed).toBe(4401);
		other.say({ type: 'answer', id: 'none', answer: { kind: 'refused' } });
		await other.heard('ask-settled');
		await other.close();
	});
});

test.each(ROUTES)('another site changes nothing at %s with a person’s cookie', async (route) => {
	const origins = ['https://evil.example', 'null', `${server.origin}.evil.example`, undefined];
	const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain'];
	for (const method of CHANGES) {
		const tries = origins.flatMap((origin) => types.map((type) => ({ origin, type })));
		const answers = await Promise.all(
			tries.map(async ({ origin, type }) => {
				const headers = {
					Cookie: cookieOf(ada),
					'Content-Type': type,
					...(origin === undefined ? {} : { Origin: origin })
				};
				return `${origin} ${type}: ${(await request(address(route), method, headers, '{}')).status}`;
			})
		);
		expect([method, ...answers]).toEqual([
			method,
			...tries.map(({ origin, type }) => `${origin} ${type}: 403`)
		]);
	}
});

describe('a guest', () => {
	let cookie: string;
	let id: string;
	beforeAll(async () => {
		const guest = await seed.person('passer-by');
		cookie = cookieOf(guest);
		id = guest.id;
		await seed.db
			.update(users)
			.set({ guestUntil: new Date(Date.now() + 3_600_000) })
			.where(eq(users.id, id));
	});

	test.each(ROUTES.filter((route) => !(route in PUBLIC)))(
		'asks %s for nothing that is not theirs',
		async (route) => {
			for (const method of METHODS.filter((one) => !OF_GUESTS[route]?.includes(one))) {
				const headers = { Cookie: cookie, ...(CHANGES.includes(method) ? { Origin: server.origin } : {}) };
				const answer = await request(address(route), method, headers);
				const said = `${method} ${answer.status} ${answer.headers.get('location') ?? ''}`.trim();
				if (route.startsWith('/api/') || CHANGES.includes(method)) expect(said).toBe(`${method} 403`);
				else expect(said).toBe(`${method} 303 /sign-in?next=${encodeURIComponent(address(route))}`);
				const data = await request(`${address(route)}/__data.json`, 'GET', { Cookie: cookie });
				if (!OF_GUESTS[route]?.includes('GET')) expect(await data.text()).not.toContain('"type":"data"');
			}
		}
	);

	test('is nobody when the time is over, and never by a token', async () => {
		expect((await request('/api/preferences', 'GET', { Cookie: cookie })).status).toBe(200);
		const guest = (await seed.db.select().from(users).where(eq(users.id, id)))[0]!;
		const token = await insertToken(seed.db, guest, { label: 'x', scopes: ['read'], days: null });
		expect((await request('/api/preferences', 'GET', { Authorization: `Bearer ${token}` })).status).toBe(401);
		await seed.db.update(users).set({ guestUntil: new Date() }).where(eq(users.id, id));
		expect((await request('/api/preferences', 'GET', { Cookie: cookie })).status).toBe(401);
	});
});

describe('sessions', () => {
	test('signing in makes a new session whatever cookie came along, and one chosen by somebody else opens nothing', async () => {
		const chosen = 'ansatz=chosen-by-an-attacker-000000000000000000';
		const answer = await form('/sign-in', { name: 'Ada', password: PASSWORD, next: '' }, chosen);
		expect(answer.status).toBe(303);
		expect(cookieFrom(answer)).not.toBe(chosen);
		expect(answer.headers.getSetCookie()[0]).toMatch(/HttpOnly/i);
		expect(answer.headers.getSetCookie()[0]).toMatch(/SameSite=Lax/i);
		expect(await signedIn(cookieFrom(answer))).toBe(true);
		expect(await signedIn(chosen)).toBe(false);
		const again = await form('/sign-in', { name: 'ada', password: PASSWORD });
		expect(cookieFrom(again)).not.toBe(cookieFrom(answer));
	});

	test('signing out ends the session itself, not only the cookie', async () => {
		const cookie = cookieFrom(await form('/sign-in', { name: 'ada', password: PASSWORD }));
		const other = cookieFrom(await form('/sign-in', { name: 'ada', password: PASSWORD }));
		const answer = await form('/sign-out', {}, cookie);
		expect(answer.headers.getSetCookie()[0]).toMatch(/^ansatz=;.*Max-Age=0/i);
		expect(await signedIn(cookie)).toBe(false);
		expect(await signedIn(other)).toBe(true);
	});

	test('a new password ends every session there was and opens one new one', async () => {
		const grace = await seed.person('grace');
		const here = cookieFrom(await form('/sign-in', { name: 'grace', password: PASSWORD }));
		const change = (current: string, next: string): Promise<Response> =>
			form('/account?/password', { current, next }, here);
		expect((await change('not the password', CANARY.nextPassword)).status).toBe(400);
		expect((await change(PASSWORD, 'short')).status).toBe(400);
		expect(await signedIn(here)).toBe(true);
		const changed = await change(PASSWORD, CANARY.nextPassword);
		expect(changed.status).toBe(200);
		expect([await signedIn(here), await signedIn(cookieOf(grace))]).toEqual([false, false]);
		expect(await signedIn(cookieFrom(changed))).toBe(true);
		expect((await form('/sign-in', { name: 'grace', password: PASSWORD })).status).toBe(401);
		expect((await form('/sign-in', { name: 'grace', password: CANARY.nextPassword })).status).toBe(303);
	});

	test('an unknown name and a wrong password get the same answer', async () => {
		await seed.person('known');
		const refusal = async (name: string): Promise<string> => {
			const answer = await request(
				'/sign-in',
				'POST',
				{
					Origin: server.origin,
					Accept: 'application/json',
					'Content-Type': 'application/x-www-form-urlencoded'
				},
				new URLSearchParams({ name, password: CANARY.wrongPassword }).toString()
			);
			const { data, ...rest } = (await answer.json()) as { data: string };
			const words = JSON.parse(data) as unknown[];
			// The last one is the name as it was typed.
			expect(words.pop()).toBe(name.trim().toWellFormed());
			return JSON.stringify({ ...rest, words });
		};
		const known = await refusal('known');
		expect(known).toContain('Name and password do not belong together.');
		expect(known).not.toContain(CANARY.wrongPassword);
		for (const unknown of ['nobod', 'a\0b', '\ud800', "' or 1=1 --"])
			expect(await refusal(unknown)).toBe(known);
	});

	test('after five wrong passwords an account rests, however its name is written, and others are not locked out', async () => {
		await seed.person('victim');
		await seed.person('neighbour');
		const statuses: number[] = [];
		for (const name of ['victim', 'Victim', ' victim', 'VICTIM ', 'victim', 'victim', ' vICTIM ']) {
			statuses.push((await form('/sign-in', { name, password: CANARY.wrongPassword })).status);
		}
		expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
		const resting = await form('/sign-in', { name: 'victim', password: PASSWORD });
		expect(resting.status).toBe(429);
		expect(await resting.text()).toMatch(/Try again in \d+ minutes/);
		expect((await form('/sign-in', { name: 'neighbour', password: PASSWORD })).status).toBe(303);
	});

	test('a whole class signs in from one address', async () => {
		await seed.person('student');
		for (let round = 0; round < 15; round++) {
			const answers = await Promise.all(
				Array.from({ length: 4 }, () => form('/sign-in', { name: 'student', password: PASSWORD }))
			);
			expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303]);
		}
	});

	test.each([
		['/notebooks/abc?x=1', '/notebooks/abc?x=1'],
		['//evil.example', '/'],
		['/\\evil.example', '/'],
		['/..//evil.example', '/'],
		['https://evil.example', '/'],
		['javascript:alert(1)', '/'],
		['/\t/evil.example', '/'],
		['/\r\nSet-Cookie: a=b', '/']
	])('signing in with next=%j leads to %s', async (next, where) => {
		const known = await request(`/sign-in?next=${encodeURIComponent(next)}`, 'GET', {
			Cookie: cookieOf(ada)
		});
		expect([known.status, known.headers.get('location')]).toEqual([303, where]);
		const fresh = await form('/sign-in', { name: 'ada', password: PASSWORD, next });
		expect([fresh.status, fresh.headers.get('location')]).toEqual([303, where]);
	});
});

describe('headers', () => {
	test.each(['/', '/account', '/people', '/api', '/nosuch', '/notebooks/nosuch'])(
		'the page %s runs no script but ours and is in nobody’s frame',
		async (path) => {
			const answer = await request(path, 'GET', { Cookie: cookieOf(ada) });
			const policy = answer.headers.get('content-security-policy') ?? '';
			expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=]+'(;|$)/);
			for (const part of [
				"default-src 'self'",
				"object-src 'none'",
				"base-uri 'none'",
				"frame-ancestors 'none'"
			]) {
				expect(policy).toContain(part);
			}
			expect(Object.fromEntries(answer.headers)).toMatchObject({
				'x-content-type-options': 'nosniff',
				'referrer-policy': 'same-origin',
				'cross-origin-opener-policy': 'same-origin',
				'cross-origin-resource-policy': 'same-origin'
			});
		}
	);

	test('the page of outputs has an origin of its own and no network', async () => {
		const { headers } = await request('/frame', 'GET', {});
		const policy = headers.get('content-security-policy') ?? '';
		expect(policy).toMatch(/^sandbox allow-scripts;/);
		expect(policy).not.toContain('allow-same-origin');
		for (const part of [
			"default-src 'none'",
			"connect-src 'none'",
			"form-action 'none'",
			"frame-ancestors 'self'"
		]) {
			expect(policy).toContain(part);
		}
		expect(headers.get('x-content-type-options')).toBe('nosniff');
	});

	test('what depends on who asks is kept by no cache', async () => {
		for (const path of ['/api/notebooks', '/api/workspaces', '/', '/account']) {
			const { headers } = await request(path, 'GET', { Cookie: cookieOf(ada) });
			expect([path, headers.get('cache-control')]).toEqual([path, expect.stringMatching(/private|no-store/)]);
		}
		const refused = await request('/api/notebooks', 'GET', {});
		expect(refused.headers.get('cache-control')).toMatch(/no-store/);
	});
});

test('no password, token or cookie is in the log, in the database or in the data folder', async () => {
	const invited = await form('/people?/invite', { kind: 'user' }, cookieOf(ada));
	const link = /\/welcome\/[\w-]{40}/.exec(await invited.text())![0];
	const account = { name: 'canary', displayName: 'Canary', password: CANARY.password };
	const welcomed = await form(link, account);
	expect(welcomed.status).toBe(303);
	const welcomeCookie = cookieFrom(welcomed);
	expect((await form(link, { ...account, name: 'second' })).status).toBe(410);
	await form('/sign-in', { name: 'canary', password: CANARY.wrongPassword });
	const signIn = await form('/sign-in', { name: 'canary', password: CANARY.password });
	const cookie = cookieFrom(signIn);
	const made = await form('/account?/token', { label: 'canary', 'scopes[]': 'read', days: '30' }, cookie);
	const token = /ans_[\w-]{40}/.exec(await made.text())![0];
	expect((await request('/api/notebooks', 'GET', { Authorization: `Bearer ${token}` })).status).toBe(200);

	const own = { Cookie: cookie, Origin: server.origin, 'Content-Type': 'application/json' };
	const notebook = (await (await request('/api/notebooks', 'POST', own, '{}')).json()) as { id: string };
	const shared = (await (
		await request(`/api/notebooks/${notebook.id}/links`, 'POST', own, '{"role":"viewer"}')
	).json()) as { url: string };
	const share = shared.url.split('/').at(-1)!;
	await request(`/s/${share}`, 'GET', { Cookie: cookieOf(ada) });
	const fields = { name: 'n', host: '127.0.0.1', port: await freePort(), user: 'canary' };
	const workspace = (await (
		await request('/api/workspaces', 'POST', own, JSON.stringify(fields))
	).json()) as { id: string };
	const connect = (body: string): Promise<Response> =>
		request(`/api/workspaces/${workspace.id}/connect`, 'POST', own, body);
	const bringing = (credential: object): string => JSON.stringify({ signIn: { hop: 0, credential } });
	await connect(bringing({ kind: 'password', password: CANARY.sshPassword }));
	await connect(bringing({ kind: 'key', privateKey: 'no key', passphrase: CANARY.passphrase }));
	// Broken and refused bodies are what gets logged by mistake.
	await connect(
		`{"signIn": {"hop": 0, "credential": {"kind": "password", "password": "${CANARY.sshPassword}"`
	);
	await connect(bringing({ kind: 'password', password: [CANARY.sshPassword] }));

	const secrets = [
		...Object.values(CANARY),
		token,
		link.split('/').at(-1)!,
		share,
		...[cookie, welcomeCookie].map((pair) => pair.split('=')[1]!)
	];
	for (const secret of secrets) expect(secret.length).toBeGreaterThan(15);

	const tables = await seed.db.execute<{ name: string }>(
		sql`select format('%I.%I', table_schema, table_name) as name from information_schema.tables
			where table_schema not in ('pg_catalog', 'information_schema')`
	);
	expect(tables.length).toBeGreaterThan(8);
	let dump = '';
	for (const { name } of tables) {
		const rows = await seed.db.execute<{ row: string }>(sql.raw(`select t::text as row from ${name} t`));
		dump += rows.map(({ row }) => `${name} ${row}\n`).join('');
	}
	expect(dump).toContain('canary');
	await seed.db.execute(sql`checkpoint`);
	for (const secret of secrets) {
		expect([secret, server.output().includes(secret)]).toEqual([secret, false]);
		expect([secret, dump.includes(secret)]).toEqual([secret, false]);
		// Binary columns are written as hex.
		expect([secret, dump.includes(Buffer.from(secret).toString('hex'))]).toEqual([secret, false]);
		expect([secret, filesWith(secret)]).toEqual([secret, '']);
	}
	expect(filesWith('Canary')).toContain('postgres');
});

const GONE = ': No such file or directory';

/** The files of the data folder that have the text in them, write-ahead log and server logs included. */
function filesWith(text: string): string {
	try {
		return execFileSync('grep', ['-rlaF', '--', text, server.dataDir], {
			encoding: 'utf8',
			env: { ...process.env, LC_ALL: 'C' },
			stdio: 'pipe'
		});
	} catch (error) {
		const {
			status,
			stdout = '',
			stderr = ''
		} = error as { status?: number; stdout?: string; stderr?: string };
		if (status === 1) return '';
		// PostgreSQL replaces files of its own meanwhile; what else cannot be read is a fault.
		if (status === 2 && stderr.split('\n').every((line) => line === '' || line.endsWith(GONE))) return stdout;
		throw error;
	}
}
