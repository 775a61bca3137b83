/** The log as the authority: history kept through compaction, opening fast, one bad row not taking the document with it. */
import { eq } from 'drizzle-orm';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Y from 'yjs';
import { UpdateLog } from '#collab/update-log.ts';
import { openDatabase, type OpenDatabase } from '#db/database.ts';
import { documents, documentSegments, documentSnapshots, documentUpdates, notebooks } from '#db/schema.ts';
import { newId } from '#lib/model/ids.ts';
import { addUser } from '#lib/server/account-rows.ts';
import { startPostgres, type RunningPostgres } from '#lib/server/embedded-postgres.ts';
import { random } from '../support/seed.ts';

let dataDir: string;
let postgres: RunningPostgres;
let database: OpenDatabase;
let log: UpdateLog;
let owner: string;

beforeAll(async () => {
	dataDir = await mkdtemp(join(tmpdir(), 'ansatz-test-'));
	postgres = await startPostgres(dataDir);
	database = await openDatabase(postgres.address);
	log = new UpdateLog(database.db);
	owner = await addUser(database.db, {
		name: 'ada',
		displayName: 'Ada',
		password: 'long enough',
		admin: true
	});
});
afterAll(async () => {
	await database.close();
	await postgres.stop();
	await rm(dataDir, { recursive: true, force: true });
});

async function emptyDocument(): Promise<string> {
	const id = newId();
	const name = `notebook/${id}`;
	await database.db.insert(notebooks).values({ id, title: 't', createdBy: owner });
	await database.db.insert(documents).values({ name, notebookId: id, genesis: newId() });
	return name;
}

/** A document edited letter by letter, with its updates. */
function edited(count: number): { doc: Y.Doc; updates: Uint8Array[] } {
	const r = random();
	console.info(`SEED=${r.seed}`);
	const doc = new Y.Doc();
	const updates: Uint8Array[] = [];
	doc.on('update', (update) => updates.push(update));
	const text = doc.getText('text');
	while (updates.length < count) {
		if (r.below(4) > 0 || text.length === 0)
			text.insert(r.below(text.length + 1), String.fromCharCode(97 + r.below(26)));
		else text.delete(r.below(text.length), 1);
	}
	return { doc, updates };
}

function textOf(updates: Iterable<Uint8Array>): string {
	const doc = new Y.Doc();
	for (const update of updates) Y.applyUpdate(doc, update);
	return doc.getText('text').toString();
}

test('compaction changes neither the state nor the history, and opening reads the snapshot only', async () => {
	const name = await emptyDocument();
	const { doc, updates } = edited(1000);
	await Promise.all(updates.slice(0, 900).map((update) => log.append(name, update, owner)));
	await log.compact(name, { history: true });
	await Promise.all(updates.slice(900).map((update) => log.append(name, update, owner)));
	expect(textOf([(await log.load(name)).update!])).toBe(doc.getText('text').toString());
	await log.compact(name, { history: true });
	expect(textOf([(await log.load(name)).update!])).toBe(doc.getText('text').toString());
	expect(log.tail(name)).toBe(0);
	const history = await log.replay(name);
	expect(textOf(history)).toBe(doc.getText('text').toString());
	// Deleted letters are still in the history: an early state can be rebuilt from its beginning.
	expect(textOf(history.slice(0, 1))).toBe(textOf(updates.slice(0, 400)));
	const segments = await database.db
		.select()
		.from(documentSegments)
		.where(eq(documentSegments.document, name));
	expect(segments.reduce((sum, segment) => sum + segment.updates, 0)).toBe(1000);
	expect(segments[0]!.users).toEqual([owner]);
	expect(
		await database.db.select().from(documentSnapshots).where(eq(documentSnapshots.document, name))
	).toHaveLength(1);
});

test('edits that come while the log is compacted are not lost', async () => {
	const name = await emptyDocument();
	const { doc, updates } = edited(600);
	const appends = updates.map((update, i) => {
		const stored = log.append(name, update, owner);
		return i % 150 === 149 ? stored.then(() => log.compact(name, { history: true })) : stored;
	});
	await Promise.all(appends);
	expect(textOf([(await log.load(name)).update!])).toBe(doc.getText('text').toString());
	expect(textOf(await log.replay(name))).toBe(doc.getText('text').toString());
});

test('a row that cannot be read is named and left out; the rest opens', async () => {
	const name = await emptyDocument();
	const doc = new Y.Doc();
	doc.on('update', (update) => void log.append(name, update, owner));
	doc.getText('text').insert(0, 'before');
	await log.settledFor(name);
	await database.db
		.insert(documentUpdates)
		.values({ document: name, userId: owner, data: new Uint8Array([1, 2, 3]) });
	doc.getText('text').insert(6, ' after');
	await log.settledFor(name);
	const { update, corrupt } = await log.load(name);
	expect(textOf([update!])).toBe('before after');
	expect(corrupt).toHaveLength(1);
	await log.compact(name, { history: true });
	expect(
		await database.db.select().from(documentUpdates).where(eq(documentUpdates.document, name))
	).toHaveLength(3);
});

test('an edit of a deleted document is refused, and the edits beside it are stored', async () => {
	const name = await emptyDocument();
	const { updates } = edited(3);
	const gone = log.append('notebook/gone', updates[0]!, owner);
	const kept = updates.map((update) => log.append(name, update, owner));
	await expect(gone).rejects.toThrow();
	await Promise.all(kept);
	expect(log.behind).toBe(false);
	expect(log.tail(name)).toBe(3);
});
