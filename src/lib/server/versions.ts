/** Versions of notebooks: kept as they were, read by who may read the notebook. */
import { and, desc, eq, max } from 'drizzle-orm';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import { notebooks, users, versions } from '#db/schema.ts';
import { newId, type NotebookId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { VersionEntry, VersionOrigin } from '#lib/model/version.ts';
import { requireRole } from './notebook-access.ts';
import { readNotebookContent } from './notebook-files.ts';
import { plainLine } from './plain-line.ts';
import type { Caller } from './services.ts';

export interface Versions {
	/** The newest first. */
	list(caller: Caller, id: NotebookId): Promise<VersionEntry[]>;
	/** 404 `version-unknown`. `text`: the notebook as nbformat 4.5. */
	read(caller: Caller, id: NotebookId, number: number): Promise<{ entry: VersionEntry; text: string }>;
	/** Keep the notebook as it is now, outputs included; editors. */
	keep(caller: Caller, id: NotebookId, label: string): Promise<VersionEntry>;
}

export interface VersionsOptions {
	db: Database;
	collab: Pick<Collab, 'log'>;
}

/** What a version is made of. */
export interface NewVersion {
	notebook: NotebookId;
	label?: string;
	origin: VersionOrigin;
	by: string;
	content: NotebookContent;
}

const SHOWN = {
	number: versions.number,
	label: versions.label,
	origin: versions.origin,
	by: users.displayName,
	cells: versions.cells,
	createdAt: versions.createdAt
};

export function createVersions({ db, collab }: VersionsOptions): Versions {
	const entries = (id: NotebookId) =>
		db
			.select(SHOWN)
			.from(versions)
			.leftJoin(users, eq(users.id, versions.createdBy))
			.where(eq(versions.notebookId, id))
			.orderBy(desc(versions.number));

	return {
		async list(caller, id) {
			await requireRole(db, caller, id, 'read');
			return (await entries(id)).map(entryOf);
		},

		async read(caller, id, number) {
			await requireRole(db, caller, id, 'read');
			const [row] = Number.isSafeInteger(number)
				? await db
						.select({ ...SHOWN, content: versions.content })
						.from(versions)
						.leftJoin(users, eq(users.id, versions.createdBy))
						.where(and(eq(versions.notebookId, id), eq(versions.number, Math.min(number, 2 ** 31 - 1))))
				: [];
			if (row) return { entry: entryOf(row), text: zstdDecompressSync(row.content).toString() };
			throw new ProblemError(404, {
				code: 'version-unknown',
				title: 'There is no such version of this notebook.',
				detail: 'Versions are numbered from 1.',
				remedy: 'Look at the list of its versions.'
			});
		},

		async keep(caller, id, label) {
			await requireRole(db, caller, id, 'edit');
			const { content } = await readNotebookContent(db, collab.log, id);
			const number = await db.transaction((tx) =>
				addVersion(tx, { notebook: id, label, origin: { kind: 'kept' }, by: caller.user.id, content })
			);
			return (await entries(id)).map(entryOf).find((entry) => entry.number === number)!;
		}
	};
}

/** Adds a version within a transaction, which has the notebook's row until its end; answers its number. */
export async function addVersion(
	tx: Pick<Database, 'select' | 'insert'>,
	{ notebook, label = '', origin, by, content }: NewVersion
): Promise<number> {
	await tx.select({ id: notebooks.id }).from(notebooks).where(eq(notebooks.id, notebook)).for('update');
	const [last] = await tx
		.select({ number: max(versions.number) })
		.from(versions)
		.where(eq(versions.notebookId, notebook));
	const number = (last?.number ?? 0) + 1;
	await tx.insert(versions).values({
		...{ id: newId(), notebookId: notebook, number, label: plainLine(label), origin, createdBy: by },
		cells: content.cells.length,
		content: zstdCompressSync(stringifyNotebook(exportNotebook(content)))
	});
	return number;
}

function entryOf(row: Omit<VersionEntry, 'createdAt'> & { createdAt: Date }): VersionEntry {
	const { number, label, origin, by, cells, createdAt } = row;
	return { number, label, origin, by, cells, createdAt: createdAt.toISOString() };
}
