/** Notebooks made from versions of papers, with where they are from. */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { notebooks } from '#db/schema.ts';
import type { NotebookId, UserId, WorkspaceId } from '#lib/model/ids.ts';
import { createNotebook } from './notebook-files.ts';
import { withOrigin } from './paper-copy.ts';
import { readContent, readVersion, type PaperRow } from './paper-rows.ts';

const decompress = promisify(zstdDecompress);

export interface CopyOrder {
	card: PaperRow;
	number: number;
	owner: UserId;
	/** Where its kernel starts. */
	place?: { workspace: WorkspaceId; folder: string };
}

/** A notebook of that person's own. `origin` is the site's. 404 `version-unknown`. */
export async function copyVersion(
	db: Database,
	origin: string,
	{ card, number, owner, place }: CopyOrder
): Promise<NotebookId> {
	const { paper } = await readVersion(db, card, number);
	const url = `${origin}/papers/${card.slug}/v/${number}`;
	const text = (await decompress(await readContent(db, card, number))).toString('utf8');
	const ipynb = withOrigin(text, { slug: card.slug, number, url, title: paper.title }, place);
	const { id } = await createNotebook(db, owner, { ipynb, title: paper.title });
	await db
		.update(notebooks)
		.set({ originPaperId: card.id, originNumber: number })
		.where(eq(notebooks.id, id));
	return id;
}
