/** Which notebooks kernels belong to, as far as somebody may see that. */
import { and, eq, inArray } from 'drizzle-orm';
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import { members, notebooks } from '#db/schema.ts';

/** By kernel id; without those that no open room has, and those whose notebook the user is no member of. */
export async function notebooksOfKernels(
	{ db, collab }: { db: Database; collab: Pick<Collab, 'rooms'> },
	user: string,
	kernels: readonly string[]
): Promise<Map<string, { id: string; title: string }>> {
	const of = await collab.rooms.kernels();
	const ids = kernels.flatMap((kernel) => of.get(kernel) ?? []);
	const readable = await readableNotebooks(db, user, ids);
	return new Map(
		kernels.flatMap((kernel) => {
			const found = readable.get(of.get(kernel) ?? '');
			return found ? [[kernel, found] as const] : [];
		})
	);
}

/** By id those of the notebooks that the user is a member of. */
export async function readableNotebooks(
	db: Database,
	user: string,
	ids: readonly string[]
): Promise<Map<string, { id: string; title: string }>> {
	if (ids.length === 0) return new Map();
	const found = await db
		.select({ id: notebooks.id, title: notebooks.title })
		.from(notebooks)
		.innerJoin(members, eq(members.notebookId, notebooks.id))
		.where(and(inArray(notebooks.id, [...ids]), eq(members.userId, user)));
	return new Map(found.map((notebook) => [notebook.id, notebook]));
}
