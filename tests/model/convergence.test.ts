import { expect, onTestFinished, test } from 'vitest';
import * as Y from 'yjs';
import {
	cellIds,
	cellsOf,
	deleteCell,
	insertCell,
	mergeCellBelow,
	moveCell,
	originOf,
	readCells,
	setCellType,
	sourceOf,
	splitCell
} from '#lib/model/notebook-doc.ts';
import { random, seedCrypto, type Random } from '../support/seed.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 1000);
const USERS = 3;

/** One person's copy, with what has not been sent (they are offline) and not been read yet. */
interface Copy {
	doc: Y.Doc;
	undo: Y.UndoManager;
	online: boolean;
	outbox: Uint8Array[];
	inbox: Uint8Array[];
}

function people(): Copy[] {
	const copies: Copy[] = [];
	for (let i = 0; i < USERS; i++) {
		const doc = new Y.Doc();
		doc.clientID = i + 1;
		const copy: Copy = { doc, undo: undefined!, online: true, outbox: [], inbox: [] };
		doc.on('update', (update, origin) => {
			if (origin !== 'remote') copy.outbox.push(update);
		});
		copies.push(copy);
	}
	insertCell(copies[0]!.doc, 0, { type: 'code', source: 'start' });
	for (const copy of copies) {
		deliver(copies, copy);
		for (const other of copies) read(other);
		copy.undo = new Y.UndoManager(cellsOf(copy.doc), {
			trackedOrigins: new Set([originOf(copy.doc), 'typing']),
			captureTimeout: 0
		});
	}
	return copies;
}

function deliver(copies: Copy[], from: Copy): void {
	for (const update of from.outbox.splice(0)) {
		for (const copy of copies) if (copy !== from) copy.inbox.push(update);
	}
}

/** Updates may arrive twice; they must not count twice. */
function read(copy: Copy): void {
	for (const update of copy.inbox.splice(0)) {
		Y.applyUpdate(copy.doc, update, 'remote');
		Y.applyUpdate(copy.doc, update, 'remote');
	}
}

function act(copy: Copy, r: Random): void {
	const { doc } = copy;
	const ids = cellIds(doc);
	const id = ids.length > 0 ? r.pick(ids) : null;
	const text = id === null ? null : sourceOf(cellsOf(doc).get(id));
	const action = r.below(12);
	if (id === null || !text || action === 0) {
		insertCell(doc, r.below(ids.length + 1), { type: 'code', source: `new ${r.below(100)}\n` });
	} else if (action <= 4) {
		doc.transact(
			() => text.insert(r.below(text.length + 1), String.fromCodePoint(97 + r.below(26))),
			'typing'
		);
	} else if (action === 5 && text.length > 0) {
		doc.transact(() => text.delete(r.below(text.length), 1), 'typing');
	} else if (action === 6) moveCell(doc, id, r.below(ids.length));
	else if (action === 7 && ids.length > 3) deleteCell(doc, id);
	else if (action === 8) splitCell(doc, id, r.below(text.length + 1));
	else if (action === 9) mergeCellBelow(doc, id);
	else if (action === 10) setCellType(doc, id, r.pick(['code', 'markdown', 'raw'] as const));
	else if (r.below(2) === 0) copy.undo.undo();
	else copy.undo.redo();
}

test(`three people, offline spells, ${ROUNDS} rounds: all copies end equal, in the same order`, () => {
	const r = random();
	console.info(`SEED=${r.seed}`);
	const restore = seedCrypto(r);
	onTestFinished(restore);
	for (let round = 0; round < ROUNDS; round++) {
		const copies = people();
		for (let step = 0; step < 30; step++) {
			const copy = r.pick(copies);
			if (r.below(8) === 0) copy.online = !copy.online;
			act(copy, r);
			for (const other of copies) {
				if (!other.online) continue;
				deliver(copies, other);
				if (r.below(3) > 0) read(other);
			}
		}
		for (const copy of copies) deliver(copies, copy);
		for (const copy of copies) read(copy);
		const [first, ...others] = copies.map((copy) => readCells(copy.doc));
		for (const other of others) expect(other, `seed ${r.seed}, round ${round}`).toEqual(first);
		const order = cellIds(copies[0]!.doc);
		expect(new Set(order).size).toBe(order.length);
		for (const copy of copies) {
			copy.undo.destroy();
			copy.doc.destroy();
		}
	}
});

test('a cell moved while another person types in it keeps the letters and stands once', () => {
	const [a, b] = people() as [Copy, Copy, Copy];
	const other = insertCell(a.doc, 1, { type: 'code', source: 'below' });
	deliver([a, b], a);
	read(b);
	const id = cellIds(a.doc)[0]!;
	sourceOf(cellsOf(a.doc).get(id))!.insert(5, ' typed');
	moveCell(b.doc, id, 1);
	deliver([a, b], a);
	deliver([a, b], b);
	read(a);
	read(b);
	expect(readCells(a.doc).map((cell) => cell.source)).toEqual(['below', 'start typed']);
	expect(cellIds(a.doc)).toEqual([other, id]);
	expect(readCells(b.doc)).toEqual(readCells(a.doc));
});

test('two people who move the same cell at once do not double it', () => {
	const [a, b] = people() as [Copy, Copy, Copy];
	insertCell(a.doc, 1, { type: 'code', source: 'two' });
	insertCell(a.doc, 2, { type: 'code', source: 'three' });
	deliver([a, b], a);
	read(b);
	const id = cellIds(a.doc)[0]!;
	moveCell(a.doc, id, 1);
	moveCell(b.doc, id, 2);
	deliver([a, b], a);
	deliver([a, b], b);
	read(a);
	read(b);
	expect(cellIds(a.doc)).toHaveLength(3);
	expect(cellIds(b.doc)).toEqual(cellIds(a.doc));
});

test('undo takes back my own edit and leaves the other person’s', () => {
	const [a, b] = people() as [Copy, Copy, Copy];
	const id = cellIds(a.doc)[0]!;
	const text = (copy: Copy): Y.Text => sourceOf(cellsOf(copy.doc).get(id))!;
	a.doc.transact(() => text(a).insert(5, ' mine'), 'typing');
	deliver([a, b], a);
	read(b);
	b.doc.transact(() => text(b).insert(0, 'theirs '), 'typing');
	deliver([a, b], b);
	read(a);
	a.undo.undo();
	expect(text(a).toString()).toBe('theirs start');
});

test('undo brings a deleted cell back with its text and its place', () => {
	const [a] = people() as [Copy, Copy, Copy];
	insertCell(a.doc, 1, { type: 'markdown', source: '# keep me', metadata: { tags: ['x'] } });
	insertCell(a.doc, 2, { type: 'code', source: 'last' });
	const before = readCells(a.doc);
	deleteCell(a.doc, before[1]!.id);
	expect(readCells(a.doc)).toHaveLength(2);
	a.undo.undo();
	expect(readCells(a.doc)).toEqual(before);
});

test('inserts between cells with equal keys find a place', () => {
	const [a] = people() as [Copy, Copy, Copy];
	for (const [id, cell] of cellsOf(a.doc)) if (id) cell.set('order', 'a1');
	const twin = insertCell(a.doc, 1, { type: 'code', source: 'twin' });
	cellsOf(a.doc).get(twin)!.set('order', 'a1');
	const [first, second] = cellIds(a.doc);
	const between = insertCell(a.doc, 1, { type: 'code', source: 'between' });
	expect(cellIds(a.doc)).toEqual([first, between, second]);
});

test('split and merge are each other’s opposite', () => {
	const [a] = people() as [Copy, Copy, Copy];
	const id = insertCell(a.doc, 1, { type: 'code', source: 'one\ntwo\nthree' });
	splitCell(a.doc, id, 4);
	expect(readCells(a.doc).map((cell) => cell.source)).toEqual(['start', 'one', 'two\nthree']);
	mergeCellBelow(a.doc, id);
	expect(readCells(a.doc).map((cell) => cell.source)).toEqual(['start', 'one\ntwo\nthree']);
});
