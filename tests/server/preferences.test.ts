/** Preferences over HTTP: everybody has their own, by scope; what does not fit is refused, what is old is left out. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preferences } from '#db/schema.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let bob: SeededPerson;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada');
	bob = await seed.person('bob');
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

async function call(person: SeededPerson, method: 'GET' | 'PATCH', query: string, body?: unknown) {
	const answer = await fetch(`${server.origin}/api/preferences${query}`, {
		method,
		headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
		...(body === undefined ? {} : { body: JSON.stringify(body) })
	});
	return [answer.status, (await answer.json()) as Record<string, unknown>] as const;
}

test('what is named is set, null takes it away, the rest stays, and others see nothing of it', async () => {
	expect(await call(ada, 'GET', '')).toEqual([200, { scope: '', values: {} }]);
	await call(ada, 'PATCH', '', { values: { theme: 'dark', letters: false } });
	await call(ada, 'PATCH', '', { values: { letters: null, keys: { run: ['Mod+R'] } } });
	expect((await call(ada, 'GET', ''))[1].values).toEqual({ theme: 'dark', keys: { run: ['Mod+R'] } });
	expect((await call(bob, 'GET', ''))[1].values).toEqual({});
	const scope = 'notebook:abc';
	await call(ada, 'PATCH', '', { scope, values: { place: { cell: 'c1', offset: -20 } } });
	expect((await call(ada, 'GET', `?scope=${scope}`))[1].values).toEqual({
		place: { cell: 'c1', offset: -20 }
	});
});

test.each([
	{ values: { theme: 'pink' } },
	{ values: { nosuch: 1 } },
	{ scope: 'notebook:a', values: { theme: 'dark' } },
	{ scope: 'elsewhere:a', values: {} },
	{ values: { recent: Array.from({ length: 13 }, String) } }
])('%j is refused', async (body) => {
	const [status, problem] = await call(ada, 'PATCH', '', body);
	expect([status, problem.code]).toEqual([400, 'invalid']);
});

test('a value that another version wrote and this one does not know is left out', async () => {
	const row = { userId: bob.id, scope: '', name: 'theme', value: 'sepia' };
	await seed.db.insert(preferences).values([row, { ...row, name: 'keepGoing', value: true }]);
	expect((await call(bob, 'GET', ''))[1].values).toEqual({ keepGoing: true });
});

test('a thousand scopes are kept, the newest', async () => {
	const old = Array.from({ length: 1005 }, (_, i) => ({
		userId: bob.id,
		scope: `notebook:n${i}`,
		name: 'outline',
		value: true,
		updatedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, i))
	}));
	await seed.db.insert(preferences).values(old);
	await call(bob, 'PATCH', '', { scope: 'notebook:new', values: { outline: true } });
	expect((await call(bob, 'GET', '?scope=notebook:n0'))[1].values).toEqual({});
	expect((await call(bob, 'GET', '?scope=notebook:n1004'))[1].values).toEqual({ outline: true });
	expect((await call(bob, 'GET', ''))[1].values).toEqual({ keepGoing: true });
});
