/** Notebooks made from versions of papers, with where they are from. */
import { eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { notebooks } from '#db/schema.ts';
import type { NotebookId, UserId, WorkspaceId } from '#lib/model/ids.ts';
import { createNotebook } from './notebook-files.ts';
import { withOrigin } from './paper-copy.ts';
import { thaw } from './paper-freeze.ts';
import { readContent, readVersion, type PaperRow } from './paper-rows.ts';

export interface CopyOrder {
	card: PaperRow;
	number: number;
	owner: UserId;
	/** Where its kernel starts. */
	place?: { workspace: WorkspaceId; folder: string };
	/** What is copied instead of the version itself: what somebody has made of it. */
	text?: string;
}

/** A notebook of that person's own. `origin` is the site's. 404 `version-unknown`. */
export async function copyVersion(
	db: Database,
	origin: string,
	{ card, number, owner, place, text }: CopyOrder
): Promise<NotebookId> {
	const { paper } = await readVersion(db, card, number);
	const url = `${origin}/papers/${card.slug}/v/${number}`;
	const frozen = text ?? (await thaw(await readContent(db, card, number)));
	const ipynb = withOrigin(frozen, { slug: card.slug, number, url, title: paper.title }, place);
	const { id } = await createNotebook(db, owner, { ipynb, title: paper.title });
	await db
		.update(notebooks)
		.set({ originPaperId: card.id, originNumber: number })
		.where(eq(notebooks.id, id));
	return id;
}
