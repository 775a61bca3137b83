/** Changes of a copied example given back to its authors, over the wire: a real server, real documents. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { papers } from '#db/schema-papers.ts';
import { cellIds, cellsOf, insertCell, readCells, sourceOf } from '#lib/model/notebook-doc.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { PAPER } from '../support/paper.ts';
import { exampleNotebook } from '../support/paper-run.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { openPage } from '../support/person-line.ts';
import { until } from '../support/rooms.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { connectTab } from '../support/tab.ts';

let server: ServerProcess;
let seed: Seed;
let people: Record<'ada' | 'bob' | 'carl', SeededPerson>;
let as: Record<'ada' | 'bob' | 'carl' | 'nobody', Call>;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	people = {
		ada: await seed.person('ada', { displayName: 'Ada Lovelace' }),
		bob: await seed.person('bob', { displayName: 'Bob Beamer' }),
		carl: await seed.person('carl')
	};
	as = {
		ada: caller(server, people.ada.token),
		bob: caller(server, people.bob.token),
		carl: caller(server, people.carl.token),
		nobody: caller(server, null)
	};
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

let titles = 0;
async function published(visibility = 'public'): Promise<{ notebook: string; slug: string }> {
	const text = exampleNotebook({ load: 'masses = [1, 2]\nn = len(masses)', show: 'print(n)' });
	const notebook = await seed.notebook(people.ada, text);
	const paper = { ...PAPER, title: `A peak, number ${++titles}` };
	const answer = await as.ada('POST', `/api/notebooks/${notebook}/paper`, { paper, visibility });
	expect([answer.status, answer.body]).toEqual([201, expect.objectContaining({ number: 1 })]);
	return { notebook, slug: answer.body.slug as string };
}

/** A copy of somebody's own with these cells instead. */
async function copied(who: 'bob' | 'carl', slug: string, sources: Record<string, string>): Promise<string> {
	const { status, body } = await as[who]('POST', `/api/papers/${slug}/versions/1/copies`);
	expect(status).toBe(201);
	await write(who, body.id as string, sources);
	return body.id as string;
}

/** As somebody who types; cells that are not there are put below. Ends when the server has them. */
async function write(who: keyof typeof people, id: string, sources: Record<string, string>): Promise<void> {
	const tab = await connectTab(server, people[who], id);
	for (const [cell, source] of Object.entries(sources)) {
		const there = cellsOf(tab.doc).get(cell);
		if (!there) {
			insertCell(tab.doc, cellIds(tab.doc).length, { type: 'code', source });
			continue;
		}
		const text = sourceOf(there)!;
		text.delete(0, text.length);
		text.insert(0, source);
	}
	const other = await connectTab(server, people[who], id);
	const wanted = JSON.stringify(readCells(tab.doc));
	await until(other.doc, () => JSON.stringify(readCells(other.doc)) === wanted);
	tab.close();
	other.close();
}

async function sources(notebook: string): Promise<string[]> {
	const tab = await connectTab(server, people.ada, notebook);
	const found = readCells(tab.doc).map(({ source }) => source);
	tab.close();
	return found;
}

const suggest = (who: 'bob' | 'carl', notebook: string, words = 'It counts one more.'): ReturnType<Call> =>
	as[who]('POST', `/api/notebooks/${notebook}/suggestion`, { words });

function opened(who: keyof typeof people): ReturnType<typeof openPage> {
	const { cookie } = people[who];
	return openPage(server.port, { Cookie: `${cookie.name}=${cookie.value}`, Origin: server.origin });
}

const MORE = { load: 'masses = [1, 2, 3]\nn = len(masses)', new: 'print(max(masses))' };

describe('a suggestion', () => {
	test('goes from a copy to the owners, is merged beside what they changed meanwhile, and published', async () => {
		const { notebook, slug } = await published();
		const owner = await opened('ada');
		const copy = await copied('bob', slug, MORE);
		const draft = await as.bob('GET', `/api/notebooks/${copy}/suggestion`);
		expect(draft.body).toMatchObject({ card: { slug, number: 1, latest: 1 }, open: null });
		expect(draft.body.before).toContain('masses = [1, 2]\n');
		expect(draft.body.after).toContain('masses = [1, 2, 3]\n');
		expect(draft.body.after).not.toContain('A copy of');

		const made = await suggest('bob', copy);
		expect([made.status, made.body]).toEqual([
			201,
			expect.objectContaining({ state: 'open', number: 1, by: 'Bob Beamer', own: true })
		]);
		const href = `/cards/${slug}/suggestions/${made.body.id}`;
		const told = await owner.heard('notice', ({ notice }) => notice.href === href);
		expect(told.notice.title).toMatch(/^Bob Beamer suggests a change of “A peak, number \d+”\.$/);

		await write('ada', notebook, { show: 'print("n =", n)' });
		const at = `/api/papers/${slug}/suggestions/${made.body.id}`;
		const read = await as.ada('GET', at);
		expect(read.body).toMatchObject({ words: 'It counts one more.', after: draft.body.after, own: false });
		const bob = await opened('bob');
		const taken = await as.ada('PUT', at, { decision: 'take', words: 'Thank you.' });
		expect([taken.status, taken.body]).toMatchObject([
			200,
			{ suggestion: { state: 'taken', answer: 'Thank you.' }, merged: { notebook, conflicts: 0 } }
		]);
		expect(taken.body.merged.summary).toBe('1 cell added, 1 changed.');
		expect(await sources(notebook)).toEqual([MORE.load, 'print("n =", n)', MORE.new]);
		const answer = await bob.heard('notice', ({ notice }) => notice.href === href);
		expect(answer.notice).toMatchObject({
			detail: 'Thank you.',
			title: expect.stringMatching(/was taken\.$/)
		});
		expectProblem(await as.ada('PUT', at, { decision: 'decline' }), 409, 'suggestion-decided');
		expectProblem(await as.bob('DELETE', at), 409, 'suggestion-decided');

		const paper = { ...PAPER, title: 'Revised' };
		expect((await as.ada('POST', `/api/notebooks/${notebook}/paper`, { paper })).body.number).toBe(2);
		const v2 = await as.nobody('GET', `/papers/${slug}/v/2/notebook.py`);
		expect(v2.body).toContain('print(max(masses))');
		await Promise.all([owner.close(), bob.close()]);
	});

	test('that changes the lines its owners changed leaves both in their notebook', async () => {
		const { notebook, slug } = await published();
		const made = await suggest('bob', await copied('bob', slug, { show: 'print(n + 1)' }));
		await write('ada', notebook, { show: 'print(n - 1)' });
		const at = `/api/papers/${slug}/suggestions/${made.body.id}`;
		const twice = await Promise.all([1, 2].map(() => as.ada('PUT', at, { decision: 'take' })));
		expect(twice.map(({ status }) => status).sort()).toEqual([200, 409]);
		expect(twice.find(({ status }) => status === 200)!.body.merged.conflicts).toBe(1);
		const found = (await sources(notebook)).filter((source) => source.startsWith('print'));
		expect(found.sort()).toEqual(['print(n + 1)', 'print(n - 1)']);
	});

	test('is replaced by the next of the same person while it is open, and stands beside those of others', async () => {
		const { slug } = await published();
		const copy = await copied('bob', slug, MORE);
		const first = await suggest('bob', copy);
		await write('bob', copy, { show: 'print("better", n)' });
		const second = await suggest('bob', copy, 'Better words.');
		expect(second.status).toBe(201);
		// an owner who reads the first does not take the second unseen
		const seen = `/api/papers/${slug}/suggestions/${first.body.id}`;
		expectProblem(await as.ada('PUT', seen, { decision: 'take' }), 404, 'suggestion-unknown');
		await suggest('carl', await copied('carl', slug, { show: 'print(-n)' }));

		const words = async (who: keyof typeof people): Promise<string[]> =>
			(await as[who]('GET', `/api/papers/${slug}/suggestions`)).body.suggestions.map(
				(each: { words: string }) => each.words
			);
		expect(await words('ada')).toEqual(['It counts one more.', 'Better words.']);
		expect(await words('bob')).toEqual(['Better words.']);
		const file = await as.ada('GET', `/api/papers/${slug}/suggestions/${second.body.id}?format=ipynb`);
		expect(JSON.parse(file.body as string).cells[1].source.join('')).toBe('print("better", n)');
	});

	test('is declined with words, and the same person may suggest again', async () => {
		const { notebook, slug } = await published();
		const copy = await copied('bob', slug, MORE);
		const made = await suggest('bob', copy);
		const at = `/api/papers/${slug}/suggestions/${made.body.id}`;
		const declined = await as.ada('PUT', at, { decision: 'decline', words: 'We want it short.' });
		expect(declined.body).toMatchObject({ suggestion: { state: 'declined' }, merged: null });
		expect(await sources(notebook)).toHaveLength(2);
		expect((await as.bob('GET', at)).body).toMatchObject({ state: 'declined', answer: 'We want it short.' });
		const again = await suggest('bob', copy);
		expect([again.status, again.body.id === made.body.id]).toEqual([201, false]);
		expect((await as.bob('DELETE', `/api/papers/${slug}/suggestions/${again.body.id}`)).status).toBe(204);
		expect((await as.ada('GET', `/api/papers/${slug}/suggestions`)).body.suggestions).toHaveLength(1);
	});

	test('becomes a notebook of an owner; where the card has none, it is marked only', async () => {
		const { slug } = await published();
		const made = await suggest('bob', await copied('bob', slug, MORE));
		const at = `/api/papers/${slug}/suggestions/${made.body.id}`;
		const copy = await as.ada('POST', `${at}/copies`);
		expect(copy.status).toBe(201);
		expect(await sources(copy.body.id as string)).toEqual([
			expect.stringMatching(/^\*A copy of v1 of/),
			...[MORE.load, 'print(n)', MORE.new]
		]);
		expect((await as.ada('GET', `/api/notebooks/${copy.body.id}`)).body.origin).toMatchObject({ slug });
		await seed.db.update(papers).set({ notebookId: null }).where(eq(papers.slug, slug));
		const taken = await as.ada('PUT', at, { decision: 'take' });
		expect(taken.body).toMatchObject({ suggestion: { state: 'taken' }, merged: null });
	});
});

describe('nobody', () => {
	test('suggests what is no copy, changes nothing, says nothing, or is another’s', async () => {
		const { notebook, slug } = await published();
		expectProblem(
			await as.ada('POST', `/api/notebooks/${notebook}/suggestion`, { words: 'x' }),
			409,
			'no-origin'
		);
		const copy = await copied('bob', slug, {});
		expectProblem(await suggest('bob', copy), 409, 'nothing-changed');
		await write('bob', copy, MORE);
		expectProblem(await suggest('bob', copy, ' \n'), 400, 'invalid');
		expectProblem(await suggest('carl', copy), 404, 'notebook-unknown');
		const stranger = await as.nobody(
			'POST',
			`/api/notebooks/${copy}/suggestion`,
			{ words: 'x' },
			{ Origin: server.origin }
		);
		expect(stranger.status).toBe(401);
	});

	test('but its owners and its maker reads or decides one', async () => {
		const { slug } = await published();
		const made = await suggest('bob', await copied('bob', slug, MORE));
		const at = `/api/papers/${slug}/suggestions/${made.body.id}`;
		for (const path of [at, `${at}?format=ipynb`])
			expectProblem(await as.carl('GET', path), 404, 'suggestion-unknown');
		for (const [method, path, body] of [
			['PUT', at, { decision: 'take' }],
			['POST', `${at}/copies`, undefined],
			['DELETE', at, undefined]
		] as const)
			expectProblem(await as.carl(method, path, body), 404, 'suggestion-unknown');
		expectProblem(await as.bob('PUT', at, { decision: 'take' }), 403, 'role');
		expectProblem(await as.ada('DELETE', at), 404, 'suggestion-unknown');
		// what is not shown any more is not suggested to
		expect((await as.ada('PATCH', `/api/papers/${slug}`, { visibility: 'draft' })).status).toBe(200);
		expectProblem(await as.bob('GET', at), 404, 'paper-unknown');
		expect((await as.ada('GET', at)).status).toBe(200);
	});
});
