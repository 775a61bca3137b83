/** Who sees a card, on every address that shows any of it, and how an administrator lets it through: over the wire. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { notebookWithPlots, PAPER, plotPlace } from '../support/paper.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { openPage } from '../support/person-line.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let people: Record<'owner' | 'stranger' | 'administrator', SeededPerson>;
let as: Record<'nobody' | 'owner' | 'stranger' | 'administrator', Call>;

const FRAMED = '<script>document.body.append("drawn")</script>';
const INTERACTIVE = {
	...{ cell_type: 'code', id: 'inter', metadata: {}, execution_count: 2, source: 'figure' },
	outputs: [{ output_type: 'display_data', metadata: {}, data: { 'text/html': FRAMED } }]
};

/** Every address that shows a card or something of it: what is put for the parts, and whether it lists or shows one. */
const SHOWS_ONE = [
	'/papers/[slug]',
	'/papers/[slug]/cite.bib',
	'/papers/[slug]/v/1',
	'/papers/[slug]/v/1/plot',
	'/papers/[slug]/v/1/notebook.ipynb',
	'/papers/[slug]/v/1/notebook.py',
	'/papers/[slug]/v/1/notebook.html',
	'/papers/[slug]/v/1/outputs/plot/0/picture',
	'/papers/[slug]/v/1/embed/plot',
	'/papers/[slug]/v/1/embed/plot/0',
	'/papers/[slug]/v/1/embed/inter/0/frame',
	'/papers/[slug]/v/1/example.zip',
	'/papers/[slug]/v/1/run',
	'/papers/[slug]/checks',
	'/papers/[slug]/badge.svg',
	'/papers/[slug]/v/1/badge.svg',
	'/api/papers/[slug]/checks',
	'/api/papers/[slug]',
	'/api/papers/[slug]/versions/1',
	'/api/papers/[slug]/versions/1?format=ipynb'
];
const LISTS = [
	'/papers',
	'/papers?tag=moderated',
	'/papers/feed.xml',
	'/papers/sitemap.xml',
	'/papers/collections/all-of-them',
	'/papers/collections/all-of-them/feed.xml',
	'/api/papers',
	'/api/collections/all-of-them'
];
/** Shows no card: only how many, or something about the reader. */
const SHOWS_NONE = [
	'/papers/collections',
	'/api/collections',
	'/api/papers/lookup',
	'/api/papers/mine',
	'/api/papers/moderation',
	// asks for an account first; tested with copies below
	'/papers/[slug]/v/[number]/copy',
	// none are here; both ask readCard first, as all of these do
	'/papers/[slug]/v/[number]/files/[...path]',
	'/papers/[slug]/checks/[check]/[cell]/[output]',
	// of owners alone
	'/api/papers/[slug]/checking',
	'/api/papers/[slug]/counts',
	// of owners, and of who made one; tested with what is a draft in paper-suggestions.test.ts
	'/api/papers/[slug]/suggestions',
	'/api/papers/[slug]/suggestions/[suggestion]',
	// of the person who asks
	'/api/papers/repositories',
	'/api/papers/runs/[run]',
	'/api/papers/[slug]/versions/[number]/runs'
];

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	people = {
		owner: await seed.person('ada'),
		stranger: await seed.person('bob'),
		administrator: await seed.person('root', { admin: true })
	};
	as = {
		nobody: caller(server, null),
		owner: caller(server, people.owner.token),
		stranger: caller(server, people.stranger.token),
		administrator: caller(server, people.administrator.token)
	};
	// in it there is always something for everybody, so that the page of the collection is there
	const open = await publish();
	expect((await as.owner('POST', '/api/collections', { title: 'All of them' })).status).toBe(201);
	await put(open);
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});
beforeEach(() => look(false));

async function look(first: boolean): Promise<void> {
	const answer = await as.administrator('PUT', '/api/settings', { paperModeration: first });
	expect([answer.status, answer.body.paperModeration]).toEqual([200, first]);
}

let titles = 0;
async function publish(visibility = 'public'): Promise<string> {
	const notebook = await seed.notebook(people.owner, notebookWithPlots([INTERACTIVE]));
	const paper = { ...PAPER, title: `Paper to look at ${++titles}`, tags: ['moderated'] };
	const answer = await as.owner('POST', `/api/notebooks/${notebook}/paper`, {
		...{ paper, plot: plotPlace, visibility }
	});
	expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
	return answer.body.slug as string;
}

async function put(slug: string): Promise<void> {
	expect((await as.owner('PUT', `/api/collections/all-of-them/papers/${slug}`)).status).toBe(204);
}

const decide = (slug: string, decision: string, words = ''): ReturnType<Call> =>
	as.administrator('PUT', `/api/papers/${slug}/moderation`, { decision, words });

/** A page or a call, as that person. */
async function get(path: string, who: keyof typeof as): ReturnType<Call> {
	if (path.startsWith('/api/') || who === 'nobody') return as[who]('GET', path);
	const { cookie } = people[who];
	return as.nobody('GET', path, undefined, { Cookie: `${cookie.name}=${cookie.value}` });
}

describe('every address', () => {
	test('that shows cards is in the table', () => {
		const folder = join(import.meta.dirname, '../../src/routes');
		const routes = ['papers', 'api/papers', 'api/collections'].flatMap((under) =>
			readdirSync(join(folder, under), { recursive: true, withFileTypes: true })
				.filter(({ name }) => /^\+(server\.ts|page\.server\.ts)$/.test(name))
				.map(({ parentPath }) => `/${relative(folder, parentPath)}`)
		);
		const known = [...SHOWS_ONE, ...LISTS, ...SHOWS_NONE];
		const unknown = routes.filter((route) => {
			const pattern = route.replace(/[.*+?^${}()|\\]/g, '\\$&').replace(/\[[^\]]+\]/g, '[^/]+');
			return !known.some((path) => new RegExp(`^${pattern}(\\?.*)?$`).test(path));
		});
		// what only changes something
		const changes = [/\/copies$/, /\/moderation$/, /collections\/\[slug\]\/papers\/\[paper\]$/];
		expect(unknown.filter((route) => !changes.some((each) => each.test(route)))).toEqual([]);
	});

	const STATES = {
		open: { shown: ['nobody', 'owner', 'stranger', 'administrator'], make: () => publish() },
		draft: { shown: ['owner'], make: () => publish('draft') },
		waiting: {
			shown: ['owner', 'administrator'],
			make: async () => {
				await look(true);
				return publish();
			}
		},
		refused: {
			shown: ['owner', 'administrator'],
			make: async () => {
				const slug = await publish();
				expect((await decide(slug, 'refuse', 'It is an advertisement.')).status).toBe(204);
				return slug;
			}
		}
	};
	for (const [state, { shown, make }] of Object.entries(STATES)) {
		test(`shows a card that is ${state} to ${shown.join(', ')}`, async () => {
			const slug = await make();
			await put(slug);
			for (const who of Object.keys(as) as (keyof typeof as)[]) {
				for (const path of SHOWS_ONE) {
					const answer = await get(path.replace('[slug]', slug), who);
					const may = shown.includes(who);
					expect([who, path, answer.status]).toEqual([who, path, may ? 200 : 404]);
					if (!may) expect(answer.body, path).not.toHaveProperty('paper');
					const caching = answer.headers.get('cache-control') ?? '';
					if (state !== 'open' && may)
						expect([path, caching]).toEqual([path, expect.stringMatching(/^private/)]);
				}
				if (who === 'owner' || who === 'administrator') continue;
				for (const path of LISTS) {
					const { status, body } = await get(path, who);
					expect([path, status]).toEqual([path, 200]);
					const text = typeof body === 'string' ? body : JSON.stringify(body);
					// not the gallery's first page alone: the newest comes first
					expect([who, path, text.includes(slug)]).toEqual([who, path, state === 'open']);
				}
			}
			// what is open is open, and nobody takes along what they may not see
			const copy = await as.stranger('POST', `/api/papers/${slug}/versions/1/copies`);
			expect(copy.status).toBe(state === 'open' ? 201 : 404);
		});
	}

	test('of public lists is the same for who is in charge', async () => {
		await look(true);
		const slug = await publish();
		for (const path of ['/papers', '/papers/feed.xml', '/papers/sitemap.xml', '/api/papers'])
			for (const who of ['owner', 'administrator'] as const)
				expect(JSON.stringify((await get(path, who)).body), path).not.toContain(slug);
	});
});

describe('an administrator', () => {
	test('finds new cards in the queue, and they are public when let through; the owner is told', async () => {
		const { owner, administrator } = people;
		const cookie = ({ cookie: { name, value } }: SeededPerson) => ({
			Cookie: `${name}=${value}`,
			Origin: server.origin
		});
		const desk = await openPage(server.port, cookie(administrator));
		const authors = await openPage(server.port, cookie(owner));
		await look(true);
		const slug = await publish();
		const waits = await desk.heard('notice', ({ notice }) => notice.href === `/settings/papers#${slug}`);
		expect(waits.notice.title).toContain('waits to be looked at');
		const queue = await as.administrator('GET', '/api/papers/moderation');
		expect(queue.body.waiting.map((card: { slug: string }) => card.slug)).toContain(slug);

		expect((await decide(slug, 'accept')).status).toBe(204);
		const told = await authors.heard('notice', ({ notice }) => notice.href === `/cards/${slug}`);
		expect(told.notice.title).toMatch(/is public now/);
		expect((await get(`/papers/${slug}`, 'nobody')).status).toBe(200);
		const after = await as.administrator('GET', '/api/papers/moderation');
		expect(JSON.stringify(after.body)).not.toContain(`"${slug}"`);
		await Promise.all([desk.close(), authors.close()]);
	});

	test('refuses with words that the owner reads; handed in again it waits, whatever is set by then', async () => {
		await look(true);
		const slug = await publish();
		expectProblem(await decide(slug, 'refuse'), 400, 'invalid');
		expect((await decide(slug, 'refuse', 'The plot has no axes.')).status).toBe(204);
		const own = await as.owner('GET', `/api/papers/${slug}`);
		expect(own.body).toMatchObject({ moderation: 'refused', moderationWords: 'The plot has no axes.' });
		expect((await get(`/papers/${slug}`, 'owner')).body).toContain('The plot has no axes.');

		// a corrected title alone does not hand it in
		const paper = { ...PAPER, title: 'With axes' };
		const edited = await as.owner('PATCH', `/api/papers/${slug}`, { paper });
		expect(edited.body.moderation).toBe('refused');
		await look(false);
		const again = await as.owner('PATCH', `/api/papers/${slug}`, { visibility: 'public' });
		expect(again.body.moderation).toBe('waiting');
		expect((await get(`/papers/${slug}`, 'nobody')).status).toBe(404);
		expect((await decide(slug, 'accept')).status).toBe(204);
		expect((await as.nobody('GET', `/api/papers/${slug}`)).body.moderationWords).toBe('');
	});

	test('is not got round: by taking back and publishing again, or by a new version', async () => {
		await look(true);
		const draft = await publish('draft');
		const shown = await as.owner('PATCH', `/api/papers/${draft}`, { visibility: 'public' });
		expect(shown.body.moderation).toBe('waiting');
		await as.owner('PATCH', `/api/papers/${draft}`, { visibility: 'draft' });
		await look(false);
		const back = await as.owner('PATCH', `/api/papers/${draft}`, { visibility: 'public' });
		expect(back.body.moderation).toBe('waiting');
		expect((await get(`/papers/${draft}`, 'nobody')).status).toBe(404);
	});

	test('alone sees the queue and decides', async () => {
		const slug = await publish();
		expectProblem(await as.owner('GET', '/api/papers/moderation'), 403, 'administrators-only');
		const body = { decision: 'accept' };
		expectProblem(await as.owner('PUT', `/api/papers/${slug}/moderation`, body), 403, 'administrators-only');
		expect(
			(await as.nobody('PUT', `/api/papers/${slug}/moderation`, body, { Origin: server.origin })).status
		).toBe(401);
		// a draft is its owners' alone
		expectProblem(await decide(await publish('draft'), 'accept'), 404, 'paper-unknown');
		// and does not write what others wrote
		const paper = { ...PAPER, title: 'Another' };
		expectProblem(await as.administrator('PATCH', `/api/papers/${slug}`, { paper }), 403, 'role');
	});
});
