/** Checks of paper cards as people see and set them up; they are made by paper-check-turns.ts. */
import { and, eq } from 'drizzle-orm';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { paperChecks, papers } from '#db/schema-papers.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { WorkspaceId } from '#lib/model/ids.ts';
import type { CheckPlan, PaperCheck } from '#lib/model/paper/check.ts';
import { faultOf, healthOf, type Health } from '#lib/model/paper/check-words.ts';
import { plainTitle } from '#lib/model/paper/plain-title.ts';
import type { PersonNotice } from '#lib/model/person-line.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { openWorkspace } from './open-workspace.ts';
import {
	checkOf,
	checksOf,
	endedChecks,
	lastChecks,
	nextDue,
	type CheckedPaper
} from './paper-check-rows.ts';
import type { CheckTurn, CheckTurns } from './paper-check-turns.ts';
import { ownersOf } from './paper-owners.ts';
import { ownsCard, readCard, type PaperRow } from './paper-rows.ts';
import { isPlainId } from './plain-line.ts';
import type { Caller } from './services.ts';
import { LOCAL_WORKSPACE, workspaceOwner } from './workspace-book.ts';

/** `reader` null: anybody. Drafts are known to their owners only. */
export interface PaperChecks {
	/** What the newest check of each version says, by slug; those that were never checked are missing. */
	health(versions: { slug: string; number: number }[]): Promise<Record<string, Health>>;
	/** The last ones, newest first. */
	list(slug: string, reader: Caller | null): Promise<PaperCheck[]>;
	/** A picture that was drawn otherwise than before. 404 `picture-unknown`. */
	picture(
		at: { slug: string; check: string; cell: number; output: number },
		reader: Caller | null
	): Promise<{ mime: string; bytes: Uint8Array }>;
	/** Owners. */
	plan(caller: Caller, slug: string): Promise<CheckPlan>;
	/** Owners: on an SSH workspace of theirs, every so many days; null ends it. 409 `check-local` for this machine. */
	setPlan(
		caller: Caller,
		slug: string,
		plan: { workspace: WorkspaceId; days: number } | null
	): Promise<CheckPlan>;
	/** Who set the workspace up: check the newest version now. 409 `check-unassigned`, `check-running`, `workspace-disconnected`. */
	checkNow(caller: Caller, slug: string): Promise<PaperCheck>;
}

export interface PaperChecksOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	turns: CheckTurns;
}

const MOST = 20;

export function createPaperChecks({ db, gateway, directory, turns }: PaperChecksOptions): PaperChecks {
	async function ownCard(caller: Caller, slug: string): Promise<PaperRow> {
		const row = await readCard(db, slug, caller);
		if (await ownsCard(db, row, caller)) return row;
		throw new ProblemError(403, {
			code: 'role',
			title: 'This is for the owners of the card.',
			detail: 'They are who published it, and the owners of its notebook.',
			remedy: 'Ask one of them.'
		});
	}

	async function planOf(caller: Caller, row: PaperRow): Promise<CheckPlan> {
		const { checkWorkspaceId: id, checkDays: days } = row;
		const address = id === null ? null : await directory.address(id);
		if (id === null || days === null || !address)
			return { workspace: null, days: null, next: null, waits: '', running: false };
		const last = (await lastChecks(db, [row.id])).get(row.id) ?? null;
		const owner = await workspaceOwner(db, id);
		const workspace = {
			id,
			name: address.name,
			own: owner === caller.user.id,
			connected: gateway.isConnected(id)
		};
		const allowed = owner !== null && (await ownersOf(db, row)).includes(owner);
		const running = last?.state === 'running';
		return {
			...{ workspace, days, running },
			next: running ? null : nextDue(row as CheckedPaper, last).toISOString(),
			waits: !allowed
				? `Whose ${address.name} is does not own this card any more. Choose another workspace.`
				: workspace.connected
					? ''
					: `${address.name} is not connected. The next check waits until its owner connects to it.`
		};
	}

	return {
		async health(versions) {
			const now = new Date();
			const found = (await endedChecks(db, versions)).map(
				({ slug, check }) => [slug, healthOf(checkOf(check), now)] as const
			);
			return Object.fromEntries(found.filter((one): one is [string, Health] => one[1] !== null));
		},

		async list(slug, reader) {
			const row = await readCard(db, slug, reader);
			return (await checksOf(db, row.id, MOST)).map(checkOf);
		},

		async picture({ slug, check, cell, output }, reader) {
			const { id } = await readCard(db, slug, reader);
			const [row] = isPlainId(check)
				? await db
						.select()
						.from(paperChecks)
						.where(and(eq(paperChecks.id, check), eq(paperChecks.paperId, id)))
				: [];
			const pictures = row?.report?.cells.find(({ index }) => index === cell)?.pictures;
			const found = pictures?.find((one) => one.output === output);
			if (found?.data) return { mime: found.mime, bytes: Buffer.from(found.data, 'base64') };
			throw new ProblemError(404, {
				code: 'picture-unknown',
				title: 'This picture is not kept.',
				detail: 'Pictures are kept of the newest check only.'
			});
		},

		plan: async (caller, slug) => planOf(caller, await ownCard(caller, slug)),

		async setPlan(caller, slug, plan) {
			const row = await ownCard(caller, slug);
			if (plan?.workspace === LOCAL_WORKSPACE) {
				throw new ProblemError(409, {
					code: 'check-local',
					title: 'Examples are not checked on the machine of the server.',
					detail: 'They run by themselves, under the account of a workspace.',
					remedy: 'Choose a workspace that is reached by SSH.'
				});
			}
			if (plan) await openWorkspace({ gateway, directory }, caller, plan.workspace, { connected: false });
			const change = { checkWorkspaceId: plan?.workspace ?? null, checkDays: plan?.days ?? null };
			const [saved] = await db.update(papers).set(change).where(eq(papers.id, row.id)).returning();
			turns.lookAround();
			return planOf(caller, saved!);
		},

		async checkNow(caller, slug) {
			const row = await ownCard(caller, slug);
			if (row.checkWorkspaceId === null) {
				throw new ProblemError(409, {
					code: 'check-unassigned',
					title: 'There is no workspace to check this example on.',
					remedy: 'Choose one of yours first.'
				});
			}
			const { id } = await openWorkspace({ gateway, directory }, caller, row.checkWorkspaceId);
			const check = await turns.start(row, id);
			if (check) return checkOf(check);
			throw new ProblemError(409, {
				code: 'check-running',
				title: 'A check goes on there already.',
				detail: 'Examples are checked one after the other on each workspace.',
				remedy: 'Wait until it has ended.'
			});
		}
	};
}

/** What the open pages of owners show of a change. */
export function checkNotice({ paper, check, report }: CheckTurn): PersonNotice {
	const title = plainTitle(paper.metadata.title);
	const place = { id: `check-${check.id}`, href: `/papers-check/${paper.slug}` };
	if (check.state !== 'failed') return { ...place, title: `The example of “${title}” works again.` };
	const fault = faultOf(report).replace(/^./, (letter) => letter.toUpperCase());
	return { ...place, title: `The example of “${title}” fails.`, detail: `${fault}.` };
}
