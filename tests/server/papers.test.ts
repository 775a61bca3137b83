/** Publishing notebooks as paper cards, over the wire: a real server and a real database. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { notebookWithPlots, PAPER, PNG, plotPlace } from '../support/paper.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let bob: SeededPerson;
let asAda: Call;
let asBob: Call;
let asNobody: Call;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { displayName: 'Ada Lovelace' });
	bob = await seed.person('bob');
	[asAda, asBob] = [ada, bob].map((person) => caller(server, person.token)) as [Call, Call];
	asNobody = caller(server, null);
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

/** A page of ours without a session. */
const fromNobody = (method: string, path: string, body?: unknown): ReturnType<Call> =>
	asNobody(method, path, body, { Origin: server.origin });

let titles = 0;
/** A notebook of Ada's, published under a title of its own. */
async function published(change: object = {}): Promise<{ notebook: string; slug: string; title: string }> {
	const title = `Measurement number ${++titles}`;
	const notebook = await seed.notebook(ada, notebookWithPlots());
	const paper = { ...PAPER, title, ...('paper' in change ? (change.paper as object) : {}) };
	const answer = await asAda('POST', `/api/notebooks/${notebook}/paper`, {
		plot: plotPlace,
		...change,
		paper
	});
	expect([answer.status, answer.body]).toEqual([201, expect.objectContaining({ number: 1 })]);
	return { notebook, slug: answer.body.slug as string, title };
}

describe('publishing', () => {
	test('freezes the notebook with its outputs, and anybody reads it without an account', async () => {
		const { slug, title } = await published();
		const card = await asNobody('GET', `/api/papers/${slug}`);
		expect(card.status).toBe(200);
		expect(card.body).toMatchObject({
			paper: { title, authors: PAPER.authors },
			plot: { mime: 'image/png', alternative: plotPlace.alternative },
			environment: { kernelspec: { name: 'python3', title: 'Python 3' }, language: 'python', packages: {} },
			by: 'Ada Lovelace',
			url: `${server.origin}/papers/${slug}/v/1`
		});
		expect(card.body.plot.hash).toBe(createHash('sha256').update(PNG).digest('hex'));
		const file = await asNobody('GET', `/api/papers/${slug}/versions/1?format=ipynb`);
		expect(JSON.parse(file.body as string).cells[1].outputs[0].data['image/png']).toEqual(
			expect.stringMatching(/^iVBOR/)
		);
		expect(card.body.digest).toBe(createHash('sha256').update(file.bytes).digest('hex'));
	});

	test('again makes v2, and v1 stays byte for byte', async () => {
		const { notebook, slug, title } = await published();
		const before = await asNobody('GET', `/api/papers/${slug}/versions/1?format=ipynb`);
		const words = await asNobody('GET', `/api/papers/${slug}/versions/1`);
		const second = await asAda('POST', `/api/notebooks/${notebook}/paper`, {
			paper: { ...PAPER, title: `${title}, corrected` }
		});
		expect([second.status, second.body.number, second.body.slug]).toEqual([201, 2, slug]);
		expect(second.body.versions.map(({ number }: { number: number }) => number)).toEqual([2, 1]);
		expect(second.body.plot).toBeNull();

		const after = await asNobody('GET', `/api/papers/${slug}/versions/1?format=ipynb`);
		expect(after.bytes.equals(before.bytes)).toBe(true);
		const { paper, plot, digest, latest } = (await asNobody('GET', `/api/papers/${slug}/versions/1`)).body;
		expect({ paper, plot, digest }).toEqual({
			paper: words.body.paper,
			plot: words.body.plot,
			digest: words.body.digest
		});
		expect(latest).toBe(2);
	});

	test('twice at the same moment makes two versions', async () => {
		const notebook = await seed.notebook(ada, notebookWithPlots());
		const publish = () =>
			asAda('POST', `/api/notebooks/${notebook}/paper`, { paper: { ...PAPER, title: 'At once' } });
		const answers = await Promise.all([publish(), publish(), publish()]);
		expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
		expect(answers.map(({ body }) => body.number as number).sort()).toEqual([1, 2, 3]);
		expect(new Set(answers.map(({ body }) => body.slug as string)).size).toBe(1);
	});

	test('papers of the same title have addresses of their own', async () => {
		const notebooks = [
			await seed.notebook(ada, notebookWithPlots()),
			await seed.notebook(ada, notebookWithPlots())
		];
		const answers = await Promise.all(
			notebooks.map((id) =>
				asAda('POST', `/api/notebooks/${id}/paper`, { paper: { ...PAPER, title: 'The same title' } })
			)
		);
		expect(answers.map(({ body }) => body.slug as string).sort()).toEqual([
			'the-same-title',
			'the-same-title-2'
		]);
	});

	test('is for owners of the notebook', async () => {
		const { notebook, slug } = await published();
		const body = { paper: PAPER };
		expectProblem(await asBob('POST', `/api/notebooks/${notebook}/paper`, body), 404, 'notebook-unknown');
		await seed.member(notebook, bob, 'editor');
		expectProblem(await asBob('POST', `/api/notebooks/${notebook}/paper`, body), 403, 'role');
		expectProblem(await asBob('GET', `/api/notebooks/${notebook}/paper`), 403, 'role');
		expectProblem(await asBob('PATCH', `/api/papers/${slug}`, { visibility: 'draft' }), 403, 'role');
		expectProblem(await fromNobody('PATCH', `/api/papers/${slug}`, { visibility: 'draft' }), 401, 'sign-in');
		expect((await asNobody('GET', `/api/papers/${slug}`)).body.latest).toBe(1);
	});

	test('wants a title, authors, and words for the plot', async () => {
		const notebook = await seed.notebook(ada, notebookWithPlots());
		const path = `/api/notebooks/${notebook}/paper`;
		const nameless = await asAda('POST', path, { paper: { title: 'No authors', authors: [] } });
		expectProblem(nameless, 400, 'invalid');
		expect(nameless.body.detail).toContain('paper.authors: must be at least one');
		const wordless = await asAda('POST', path, { paper: PAPER, plot: { ...plotPlace, alternative: ' ' } });
		expect(wordless.body.detail).toContain('plot.alternative: must say what the plot shows');
		const gone = await asAda('POST', path, { paper: PAPER, plot: { ...plotPlace, output: 9 } });
		expectProblem(gone, 409, 'plot-gone');
		const script = { ...PAPER, paperUrl: 'javascript:alert(1)' };
		expectProblem(await asAda('POST', path, { paper: script }), 400, 'invalid');
	});

	test('outlives the notebook', async () => {
		const { notebook, slug } = await published();
		expect((await asAda('DELETE', `/api/notebooks/${notebook}`)).status).toBe(204);
		expect((await asNobody('GET', `/api/papers/${slug}/versions/1?format=ipynb`)).status).toBe(200);
		expect((await asAda('PATCH', `/api/papers/${slug}`, { visibility: 'draft' })).status).toBe(200);
	});
});

describe('a card', () => {
	test('that is a draft is known to its owners alone', async () => {
		const { slug } = await published({ visibility: 'draft' });
		for (const as of [asNobody, asBob]) {
			expectProblem(await as('GET', `/api/papers/${slug}`), 404, 'paper-unknown');
			expectProblem(await as('GET', `/api/papers/${slug}/versions/1`), 404, 'paper-unknown');
		}
		expect((await asAda('GET', `/api/papers/${slug}`)).body.visibility).toBe('draft');
		const all = await asNobody('GET', `/api/papers?q=${titles}`);
		expect(all.body.cards.map((card: { slug: string }) => card.slug)).not.toContain(slug);
		expect((await asAda('PATCH', `/api/papers/${slug}`, { visibility: 'public' })).status).toBe(200);
		expect((await asNobody('GET', `/api/papers/${slug}`)).status).toBe(200);
	});

	test('is corrected without a new version, and its versions stay', async () => {
		const { slug, title } = await published();
		const paper = { ...PAPER, title: `${title} (erratum)` };
		expect((await asAda('PATCH', `/api/papers/${slug}`, { paper })).body.paper.title).toBe(paper.title);
		expect((await asNobody('GET', `/api/papers/${slug}/versions/1`)).body.paper.title).toBe(title);
		expect((await asNobody('GET', `/api/papers?q=erratum`)).body.total).toBe(1);
	});

	test('becomes a notebook of whoever is signed in, and says where that is from', async () => {
		const { slug, title } = await published();
		const path = `/api/papers/${slug}/versions/1/copies`;
		expectProblem(await fromNobody('POST', path), 401, 'sign-in');
		const made = await asBob('POST', path);
		expect(made.status).toBe(201);
		const copy = await asBob('GET', `/api/notebooks/${made.body.id}?format=ipynb`);
		const { cells, metadata } = JSON.parse(copy.body as string);
		expect(cells[0].source.join('')).toBe(
			`*A copy of v1 of [${title}](${server.origin}/papers/${slug}/v/1).*`
		);
		expect(metadata.ansatz.copied_from).toMatchObject({ paper: slug, version: 1 });
		expect(cells[2].outputs[0].data['image/png']).toBeDefined();
		expectProblem(await asAda('GET', `/api/notebooks/${made.body.id}`), 404, 'notebook-unknown');
	});

	test('has no version 0, 2 or beyond the numbers of the database', async () => {
		const { slug } = await published();
		for (const number of ['0', '2', '99999999999', 'one'])
			expectProblem(await asNobody('GET', `/api/papers/${slug}/versions/${number}`), 404, 'version-unknown');
		expectProblem(await asNobody('GET', '/api/papers/no-such-paper'), 404, 'paper-unknown');
	});
});

describe('the gallery', () => {
	test('finds words in titles, names, abstracts and identifiers, and what they must be together', async () => {
		const { slug } = await published({
			paper: {
				title: 'Zebra 100% quarks',
				abstract: 'About $\\alpha_s$ and okapis.',
				arxiv: '2401.01234',
				tags: ['QCD', 'zoo_1']
			}
		});
		const found = async (query: string): Promise<string[]> =>
			(await asNobody('GET', `/api/papers?${query}`)).body.cards.map((card: { slug: string }) => card.slug);
		for (const q of ['zebra', 'OKAPIS', 'arxiv:2401.01234', 'quarks zebra', '100%', 'noether zebra'])
			expect(await found(`q=${encodeURIComponent(q)}`)).toEqual([slug]);
		for (const q of ['zebra giraffe', 'zebr_', 'z%k'])
			expect(await found(`q=${encodeURIComponent(q)}`)).toEqual([]);
		expect(await found('tag=zoo_1')).toEqual([slug]);
		expect(await found('tag=zoo%25')).toEqual([]);
		expect((await asNobody('GET', '/api/papers')).body.tags).toContainEqual({ tag: 'zoo_1', count: 1 });
	});

	test('sorts by year and by title', async () => {
		for (const [title, date] of [
			['Sorting B', '2001'],
			['sorting a', '2003-05'],
			['Sorting C', '2002']
		])
			await published({ paper: { title, date } });
		const titlesBy = async (sort: string): Promise<string[]> =>
			(await asNobody('GET', `/api/papers?q=sorting&sort=${sort}`)).body.cards.map(
				(card: { paper: { title: string } }) => card.paper.title
			);
		expect(await titlesBy('title')).toEqual(['sorting a', 'Sorting B', 'Sorting C']);
		expect(await titlesBy('year')).toEqual(['sorting a', 'Sorting C', 'Sorting B']);
		expect(await titlesBy('newest')).toEqual(['Sorting C', 'sorting a', 'Sorting B']);
		expectProblem(await asNobody('GET', '/api/papers?sort=random'), 400, 'invalid');
	});
});
