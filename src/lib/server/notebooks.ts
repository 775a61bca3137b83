/** Notebooks as the site sees them: lists, members, links, files. */
import { and, count, desc, eq, sql } from 'drizzle-orm';
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import { blobs, documents, members, notebookBlobs, notebooks, shareLinks, users } from '#db/schema.ts';
import { papers } from '#db/schema-papers.ts';
import { newId } from '#lib/model/ids.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { toMarkdown } from '#lib/model/ipynb/markdown.ts';
import { toScript } from '#lib/model/ipynb/script.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import { notebookDocName } from '#lib/model/notebook-doc.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { strongest, type Role } from '#lib/model/role.ts';
import { toHtml } from './html-export.ts';
import { requireRole } from './notebook-access.ts';
import { createNotebook, readNotebookContent } from './notebook-files.ts';
import { outputTexts } from './output-text.ts';
import { isPlainId } from './plain-line.ts';
import { newToken, tokenDigest } from './secret.ts';
import type { NotebookRow, Notebooks } from './services.ts';
import { idleRule } from './settings.ts';
import { streamLines, streamText } from './streams.ts';

export interface NotebooksOptions {
	db: Database;
	collab: Collab;
	origin: string;
	/** The time that the unused kernel of a notebook is allowed is another one now. */
	onIdleChanged(notebook: string): void;
}

const PAGE = 100;

/** The paper a notebook was made from, while there is one. */
const ORIGIN = { slug: papers.slug, paper: sql<string | null>`${papers.metadata}->>'title'` };

function originOf(row: {
	notebook: { originNumber: number | null };
	slug: string | null;
	paper: string | null;
}): NotebookRow['origin'] {
	const number = row.notebook.originNumber;
	if (row.slug === null || number === null) return null;
	return { slug: row.slug, number, title: row.paper ?? row.slug };
}

export function createNotebooks({ db, collab, origin, onIdleChanged }: NotebooksOptions): Notebooks {
	/**
	 * Refuse a change that would leave a notebook without an owner. Holds the notebook's row until the transaction ends,
	 * so that of two owners who demote each other at once the second sees what the first did.
	 */
	async function keepAnOwner(tx: Pick<Database, 'select'>, id: string, user: string): Promise<void> {
		await tx.select({ id: notebooks.id }).from(notebooks).where(eq(notebooks.id, id)).for('update');
		const [row] = await tx
			.select({ role: members.role })
			.from(members)
			.where(and(eq(members.notebookId, id), eq(members.userId, user)));
		if (row?.role !== 'owner') return;
		const [owners] = await tx
			.select({ n: count() })
			.from(members)
			.where(and(eq(members.notebookId, id), eq(members.role, 'owner')));
		if (owners!.n > 1) return;
		throw new ProblemError(409, {
			code: 'last-owner',
			title: 'A notebook keeps at least one owner.',
			remedy: 'Make somebody else an owner first.'
		});
	}

	const rowOf = (row: {
		notebook: typeof notebooks.$inferSelect;
		role: Role;
		owner: string;
		slug: string | null;
		paper: string | null;
	}): NotebookRow => ({
		id: row.notebook.id,
		title: row.notebook.title,
		role: row.role,
		owner: row.owner,
		createdAt: row.notebook.createdAt,
		updatedAt: row.notebook.updatedAt,
		cells: row.notebook.cells,
		origin: originOf(row)
	});

	const selection = { notebook: notebooks, role: members.role, owner: users.displayName, ...ORIGIN };

	return {
		create: (caller, from) => createNotebook(db, caller.user.id, from),

		async list(caller, page = {}) {
			const limit = Math.min(Math.max(page.limit ?? PAGE, 1), PAGE);
			const after = page.after ? placeOf(page.after) : null;
			const rows = await db
				.select({ ...selection, place: sql<string>`${notebooks.updatedAt}::text` })
				.from(members)
				.innerJoin(notebooks, eq(notebooks.id, members.notebookId))
				.innerJoin(users, eq(users.id, notebooks.createdBy))
				.leftJoin(papers, eq(papers.id, notebooks.originPaperId))
				.where(
					and(
						eq(members.userId, caller.user.id),
						after
							? sql`(${notebooks.updatedAt}, ${notebooks.id}) < (${after.at}::timestamptz, ${after.id})`
							: undefined
					)
				)
				.orderBy(desc(notebooks.updatedAt), desc(notebooks.id))
				.limit(limit + 1);
			const shown = rows.slice(0, limit);
			const last = rows.length > limit ? shown.at(-1) : undefined;
			return {
				notebooks: shown.map(rowOf),
				next: last ? placeText(last.place, last.notebook.id) : null
			};
		},

		async get(caller, id) {
			const role = await requireRole(db, caller, id, 'read');
			const [row] = await db
				.select({ notebook: notebooks, owner: users.displayName, genesis: documents.genesis, ...ORIGIN })
				.from(notebooks)
				.innerJoin(users, eq(users.id, notebooks.createdBy))
				.innerJoin(documents, eq(documents.name, notebookDocName(id)))
				.leftJoin(papers, eq(papers.id, notebooks.originPaperId))
				.where(eq(notebooks.id, id));
			return { ...rowOf({ ...row!, role }), genesis: row!.genesis, idle: await idleRule(db, id) };
		},

		async update(caller, id, { idleMinutes }) {
			await requireRole(db, caller, id, 'share');
			if (idleMinutes === undefined) return;
			await db.update(notebooks).set({ idleMinutes }).where(eq(notebooks.id, id));
			onIdleChanged(id);
		},

		async export(caller, id, format) {
			await requireRole(db, caller, id, 'read');
			const { title, content } = await readNotebookContent(db, collab.log, id);
			const name = title.replace(/[\\/:*?"<>|\p{C}]+/gu, ' ').trim() || 'notebook';
			switch (format) {
				case 'ipynb':
					return {
						text: stringifyNotebook(exportNotebook(content)),
						mime: 'application/x-ipynb+json',
						filename: `${name}.ipynb`
					};
				case 'py':
					return {
						text: toScript(content.cells, content.metadata),
						mime: 'text/x-python; charset=utf-8',
						filename: `${name}.py`
					};
				case 'md':
					return {
						text: toMarkdown(content.cells, content.metadata, outputTexts(content)),
						mime: 'text/markdown; charset=utf-8',
						filename: `${name}.md`
					};
				case 'html':
					return {
						text: await toHtml(title, content),
						mime: 'text/html; charset=utf-8',
						filename: `${name}.html`
					};
			}
		},

		async delete(caller, id) {
			await requireRole(db, caller, id, 'delete');
			await collab.rooms.remove(id, {
				id: caller.user.id,
				name: caller.user.displayName,
				admin: caller.user.admin
			});
			await db.delete(notebooks).where(eq(notebooks.id, id));
			collab.sockets.roleChanged(id);
		},

		async members(caller, id) {
			await requireRole(db, caller, id, 'read');
			const people = await db
				.select({ user: users.id, name: users.name, displayName: users.displayName, role: members.role })
				.from(members)
				.innerJoin(users, eq(users.id, members.userId))
				.where(eq(members.notebookId, id))
				.orderBy(users.name);
			const links = await db
				.select({ id: shareLinks.id, role: shareLinks.role, createdAt: shareLinks.createdAt })
				.from(shareLinks)
				.where(eq(shareLinks.notebookId, id));
			return { members: people, links };
		},

		async setMember(caller, id, name, role) {
			await requireRole(db, caller, id, 'share');
			const people = await db.select({ id: users.id, name: users.name }).from(users);
			const user = people.find((entry) => entry.name.toLowerCase() === name.trim().toLowerCase());
			if (!user) {
				throw new ProblemError(404, {
					code: 'user-unknown',
					title: `Nobody here is called “${name.trim()}”.`,
					detail: 'People are added by the name they sign in with.',
					remedy: 'Check the spelling, or send a link instead.'
				});
			}
			await db.transaction(async (tx) => {
				if (role !== 'owner') await keepAnOwner(tx, id, user.id);
				await tx
					.insert(members)
					.values({ notebookId: id, userId: user.id, role })
					.onConflictDoUpdate({ target: [members.notebookId, members.userId], set: { role } });
			});
			collab.sockets.roleChanged(id, user.id);
		},

		async removeMember(caller, id, user) {
			if (!isPlainId(user)) return;
			// Leaving is everybody's own right.
			await requireRole(db, caller, id, user === caller.user.id ? 'read' : 'share');
			await db.transaction(async (tx) => {
				await keepAnOwner(tx, id, user);
				await tx.delete(members).where(and(eq(members.notebookId, id), eq(members.userId, user)));
			});
			collab.sockets.roleChanged(id, user);
		},

		async createLink(caller, id, role) {
			await requireRole(db, caller, id, 'share');
			const token = newToken();
			const link = { id: newId(), role, createdAt: new Date() };
			await db.insert(shareLinks).values({ ...link, notebookId: id, digest: tokenDigest(token) });
			return { ...link, url: `${origin}/s/${token}` };
		},

		async revokeLink(caller, id, link) {
			await requireRole(db, caller, id, 'share');
			if (!isPlainId(link)) return;
			await db.delete(shareLinks).where(and(eq(shareLinks.id, link), eq(shareLinks.notebookId, id)));
		},

		async acceptLink(caller, token) {
			const [link] = await db
				.select()
				.from(shareLinks)
				.where(eq(shareLinks.digest, tokenDigest(token)));
			if (!link) {
				throw new ProblemError(404, {
					code: 'link-unknown',
					title: 'This link does not work any more.',
					detail: 'Its owner took it back, or it was not copied whole.',
					remedy: 'Ask for a new one.'
				});
			}
			const key = and(eq(members.notebookId, link.notebookId), eq(members.userId, caller.user.id));
			const [known] = await db.select({ role: members.role }).from(members).where(key);
			const role = strongest(known?.role ?? null, link.role)!;
			await db
				.insert(members)
				.values({ notebookId: link.notebookId, userId: caller.user.id, role })
				.onConflictDoUpdate({ target: [members.notebookId, members.userId], set: { role } });
			if (known && known.role !== role) collab.sockets.roleChanged(link.notebookId, caller.user.id);
			return { id: link.notebookId, role };
		},

		async blob(caller, id, hash) {
			await requireRole(db, caller, id, 'read');
			const [row] = await db
				.select({ bytes: blobs.data, mime: blobs.mime })
				.from(notebookBlobs)
				.innerJoin(blobs, eq(blobs.hash, notebookBlobs.hash))
				.where(and(eq(notebookBlobs.notebookId, id), eq(notebookBlobs.hash, hash)));
			if (row) return row;
			throw new ProblemError(404, { code: 'blob-unknown', title: 'This output is not kept any more.' });
		},

		async stream(caller, id, stream) {
			await requireRole(db, caller, id, 'read');
			return streamText(db, collab.rooms, id, stream);
		},

		async streamLines(caller, id, stream, from, count) {
			await requireRole(db, caller, id, 'read');
			return streamLines(db, collab.rooms, id, stream, from, count);
		}
	};
}

/** A place in the list, as the caller hands it back: PostgreSQL's own microseconds, and the id where two are equal. */
function placeText(at: string, id: string): string {
	return Buffer.from(`${at} ${id}`).toString('base64url');
}

function placeOf(text: string): { at: string; id: string } {
	const found = /^(\d{4,6}-\d\d-\d\d [\d:.]+[+-][\d:]+) (\S{1,64})$/.exec(
		Buffer.from(text, 'base64url').toString()
	);
	if (found) return { at: found[1]!, id: found[2]! };
	throw new ProblemError(400, {
		code: 'place-unknown',
		title: 'There is no such page of the list.',
		detail: 'The “after” is not the “next” of a page before.',
		remedy: 'Begin again without it.'
	});
}
