/** Collections of cards, over the wire: who makes and fills them, and who reads what. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { htmlFaults } from '../support/html-faults.ts';
import { notebookWithPlots, PAPER, plotPlace } from '../support/paper.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let [asAda, asBob, asCleo, asRoot, asNobody] = [] as unknown as Call[];

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada');
	const others = [ada, await seed.person('Bob'), await seed.person('cleo')];
	const root = await seed.person('root', { admin: true });
	[asAda, asBob, asCleo, asRoot] = [...others, root].map(({ token }) => caller(server, token)) as Call[];
	asNobody = caller(server, null);
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

let titles = 0;
async function publish(visibility = 'public'): Promise<string> {
	const notebook = await seed.notebook(ada, notebookWithPlots());
	const answer = await asAda!('POST', `/api/notebooks/${notebook}/paper`, {
		...{ paper: { ...PAPER, title: `Collected paper ${++titles}` }, plot: plotPlace, visibility }
	});
	expect(answer.status).toBe(201);
	return answer.body.slug as string;
}

async function made(more: object = {}): Promise<string> {
	const answer = await asAda!('POST', '/api/collections', { title: `Our group ${++titles}`, ...more });
	expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
	expect(answer.headers.get('location')).toBe(answer.body.url);
	return answer.body.slug as string;
}

const slugs = (body: { cards: { slug: string }[] }): string[] => body.cards.map(({ slug }) => slug);

describe('a collection', () => {
	test('is known to its members alone until a public card is in it', async () => {
		const name = await made({ words: 'What we\n\nmeasure.', members: ['bob'] });
		const draft = await publish('draft');
		expect((await asAda!('PUT', `/api/collections/${name}/papers/${draft}`)).status).toBe(204);
		for (const path of [`/api/collections/${name}`, `/papers/collections/${name}`])
			expect((await asNobody!('GET', path)).status, path).toBe(404);
		expect((await asNobody!('GET', `/papers/collections/${name}/feed.xml`)).status).toBe(404);
		expectProblem(await asCleo!('PATCH', `/api/collections/${name}`, {}), 404, 'collection-unknown');
		expect((await asNobody!('GET', '/api/collections')).body.collections).toEqual([]);
		// a member's own draft is in it for them, not for the other member
		expect(slugs((await asAda!('GET', `/api/collections/${name}`)).body)).toEqual([draft]);
		const others = (await asBob!('GET', `/api/collections/${name}`)).body;
		expect([slugs(others), others.members]).toEqual([
			[],
			[
				{ name: 'ada', displayName: 'ada' },
				{ name: 'Bob', displayName: 'Bob' }
			]
		]);

		const open = await publish();
		expect((await asBob!('PUT', `/api/collections/${name}/papers/${open}`)).status).toBe(204);
		const page = await asNobody!('GET', `/papers/collections/${name}`);
		expect(page.status).toBe(200);
		expect(page.body).toContain(`href="/papers/${open}"`);
		expect(page.body).not.toContain(draft);
		expect((await asNobody!('GET', `/api/collections/${name}`)).body).toMatchObject({
			papers: 1,
			members: null
		});
		const list = await asNobody!('GET', '/papers/collections');
		expect(list.body).toContain(`/papers/collections/${name}`);
		const feed = await asNobody!('GET', `/papers/collections/${name}/feed.xml`);
		expect(feed.body).toContain(`<id>${server.origin}/papers/${open}/v/1</id>`);
		expect(feed.body).not.toContain(draft);
		expect((await asNobody!('GET', '/papers/sitemap.xml')).body).toContain(`/papers/collections/${name}<`);
		for (const { body } of [page, list]) expect(await htmlFaults(body as string)).toEqual([]);
	});

	test('is filled and emptied by its members, each card once', async () => {
		const name = await made();
		const [one, two] = [await publish(), await publish()];
		for (const slug of [one, two, two])
			expect((await asAda!('PUT', `/api/collections/${name}/papers/${slug}`)).status).toBe(204);
		expect(slugs((await asNobody!('GET', `/api/collections/${name}`)).body)).toEqual([two, one]);
		for (const method of ['PUT', 'DELETE'])
			expectProblem(await asCleo!(method, `/api/collections/${name}/papers/${one}`), 403, 'role');
		expectProblem(await asCleo!('DELETE', `/api/collections/${name}`), 403, 'role');
		expect((await asAda!('DELETE', `/api/collections/${name}/papers/${two}`)).status).toBe(204);
		expect(slugs((await asNobody!('GET', `/api/collections/${name}`)).body)).toEqual([one]);
		// the card itself is where it was
		expect((await asNobody!('GET', `/api/papers/${two}`)).status).toBe(200);
		expectProblem(await asAda!('PUT', `/api/collections/${name}/papers/no-such`), 404, 'paper-unknown');
	});

	test('does not take in what its member may not see', async () => {
		const name = (await asCleo!('POST', '/api/collections', { title: 'Of Cleo' })).body.slug as string;
		const draft = await publish('draft');
		expectProblem(await asCleo!('PUT', `/api/collections/${name}/papers/${draft}`), 404, 'paper-unknown');
	});

	test('changes its words and members; nobody may be the last to leave', async () => {
		const name = await made();
		await asAda!('PUT', `/api/collections/${name}/papers/${await publish()}`);
		const changed = await asAda!('PATCH', `/api/collections/${name}`, { title: 'Renamed', members: ['BOB'] });
		expect(changed.body).toMatchObject({ slug: name, title: 'Renamed', members: [{ name: 'Bob' }] });
		expectProblem(await asAda!('PATCH', `/api/collections/${name}`, { title: 'Mine' }), 403, 'role');
		expectProblem(await asBob!('PATCH', `/api/collections/${name}`, { members: [] }), 409, 'no-member');
		const unknown = await asBob!('PATCH', `/api/collections/${name}`, { members: ['bob', 'nobody-here'] });
		expectProblem(unknown, 404, 'user-unknown');
		expect(unknown.body.title).toContain('nobody-here');
		expectProblem(await asBob!('PATCH', `/api/collections/${name}`, { title: 'a\nb' }), 400, 'invalid');
		expect((await asRoot!('DELETE', `/api/collections/${name}`)).status).toBe(204);
		expect((await asNobody!('GET', `/api/collections/${name}`)).status).toBe(404);
	});

	test('of the same title gets an address of its own, and none that means something else', async () => {
		const twins = await Promise.all([0, 1, 2].map(() => made({ title: 'Twins' })));
		expect(new Set(twins).size).toBe(3);
		expect(await made({ title: 'Feed' })).toBe('paper-feed');
		const mine = await asAda!('GET', '/api/collections?of=me');
		const names = mine.body.collections.map(({ slug }: { slug: string }) => slug);
		expect(names).toEqual(expect.arrayContaining(twins));
		expectProblem(await asNobody!('GET', '/api/collections?of=me'), 401, 'sign-in');
	});
});
