/** Versions of notebooks: kept, numbered, given back as they were, to readers alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellIds, cellsOf, sourceOf } from '#lib/model/notebook-doc.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { startRooms, type OpenNotebook, type Person, type TestRooms } from '../support/rooms.ts';

let rooms: TestRooms;
let ada: Person;
let bob: Person;
let eve: Person;
let id: string;
let open: OpenNotebook;

const OUTPUT = { output_type: 'stream', name: 'stdout', text: ['first\n'] };
const FILE = {
	...{
		nbformat: 4,
		nbformat_minor: 5,
		metadata: { kernelspec: { name: 'ir', display_name: 'R', language: 'R' } }
	},
	cells: [
		{
			...{ id: 'a', cell_type: 'code', metadata: { tags: ['parameters'] }, source: ['x <- 1'] },
			...{ execution_count: 4, outputs: [OUTPUT] }
		}
	]
};
const code = async (work: Promise<unknown>): Promise<string | null> => {
	try {
		await work;
	} catch (error) {
		if (error instanceof ProblemError) return error.problem.code;
		throw error;
	}
	return null;
};

beforeAll(async () => {
	rooms = await startRooms();
	[ada, bob, eve] = [await rooms.person('ada'), await rooms.person('bob'), await rooms.person('eve')];
	({ id } = await rooms.services.notebooks.create(ada.caller, { ipynb: JSON.stringify(FILE) }));
	await rooms.services.notebooks.setMember(ada.caller, id, 'bob', 'viewer');
	open = await rooms.open(ada, id);
});
afterAll(async () => {
	open?.close();
	await rooms?.end();
});

test('a version stays as it was while the notebook goes on', async () => {
	const { versions } = rooms.services;
	const kept = await versions.keep(ada.caller, id, 'as\nsubmitted');
	expect(kept).toEqual({
		...{ number: 1, label: 'as submitted', origin: { kind: 'kept' }, by: 'ada', cells: 1 },
		createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
	});
	sourceOf(cellsOf(open.doc).get(cellIds(open.doc)[0]!))!.insert(0, 'y <- 2\n');
	await open.saved();
	await versions.keep(ada.caller, id, '');
	const [first, second] = await Promise.all([
		versions.read(bob.caller, id, 1),
		versions.read(bob.caller, id, 2)
	]);
	expect(first.entry).toEqual(kept);
	expect(JSON.parse(first.text)).toEqual(FILE);
	expect(JSON.parse(second.text).cells[0].source.join('')).toBe('y <- 2\nx <- 1');
	expect((await versions.list(bob.caller, id)).map(({ number }) => number)).toEqual([2, 1]);
});

test('versions kept at once have numbers of their own', async () => {
	const made = await Promise.all(
		Array.from({ length: 6 }, () => rooms.services.versions.keep(ada.caller, id, ''))
	);
	expect(made.map(({ number }) => number).sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8]);
});

test('readers read, editors keep, others know of nothing', async () => {
	const { versions } = rooms.services;
	expect(await code(versions.keep(bob.caller, id, ''))).toBe('role');
	expect(await code(versions.list(eve.caller, id))).toBe('notebook-unknown');
	expect(await code(versions.read(eve.caller, id, 1))).toBe('notebook-unknown');
	for (const number of [0, 99, 2 ** 40, 1.5, NaN]) {
		expect([number, await code(versions.read(bob.caller, id, number))]).toEqual([number, 'version-unknown']);
	}
});
