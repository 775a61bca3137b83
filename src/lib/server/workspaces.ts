/** A person's workspaces: SSH accounts they added, and this machine for those who may use it. */
import { and, asc, eq } from 'drizzle-orm';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { workspaces } from '#db/schema.ts';
import type { ConnectResult, KernelGateway } from '#lib/model/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { WorkspaceAddress, WorkspaceState } from '#lib/model/workspace.ts';
import type { LocalEnvironment } from './local-environment.ts';
import { isPlainId, plainLine } from './plain-line.ts';
import type { Caller, WorkspaceRow, Workspaces } from './services.ts';
import { addressOf, LOCAL_NAME, LOCAL_WORKSPACE, trustIn, type WorkspaceRecord } from './workspace-book.ts';

export interface WorkspacesOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	environment: LocalEnvironment;
}

export function createWorkspaces({ db, gateway, directory, environment }: WorkspacesOptions): Workspaces {
	/** What the last attempt came to, for the list; a living connection speaks for itself. */
	const lastState = new Map<string, WorkspaceState>();

	const stateOf = (id: string): WorkspaceState =>
		gateway.isConnected(id) ? 'connected' : (lastState.get(id) ?? 'disconnected');

	const rowOf = (row: WorkspaceRecord): WorkspaceRow => ({
		id: row.id,
		kind: 'ssh',
		name: row.name,
		host: row.host,
		port: row.port,
		user: row.user,
		hostKey: row.hostKey,
		environments: row.environments,
		state: stateOf(row.id),
		preparing: null
	});

	const localRow = (): WorkspaceRow => ({
		id: LOCAL_WORKSPACE,
		kind: 'local',
		name: LOCAL_NAME,
		host: 'localhost',
		port: 0,
		user: '',
		hostKey: null,
		environments: [environment.folder],
		state: environment.progress ? 'connecting' : 'connected',
		preparing: environment.progress
	});

	async function own(caller: Caller, id: string): Promise<WorkspaceRecord> {
		const [row] = isPlainId(id)
			? await db
					.select()
					.from(workspaces)
					.where(and(eq(workspaces.id, id), eq(workspaces.ownerId, caller.user.id)))
			: [];
		if (row) return row;
		throw new ProblemError(404, {
			code: 'workspace-unknown',
			title: 'There is no such workspace.',
			detail: 'It was removed, or it belongs to somebody else.',
			remedy: 'Choose one of yours.'
		});
	}

	async function address(caller: Caller, id: string): Promise<WorkspaceAddress> {
		if (id === LOCAL_WORKSPACE && caller.user.admin) return (await directory.address(id))!;
		return addressOf(await own(caller, id));
	}

	return {
		async list(caller) {
			const rows = await db
				.select()
				.from(workspaces)
				.where(eq(workspaces.ownerId, caller.user.id))
				.orderBy(asc(workspaces.createdAt));
			return [...(caller.user.admin ? [localRow()] : []), ...rows.map(rowOf)];
		},

		async add(caller, fields) {
			const [row] = await db
				.insert(workspaces)
				.values({ id: newId(), ownerId: caller.user.id, ...fields, name: plainLine(fields.name) })
				.returning();
			return rowOf(row!);
		},

		async update(caller, id, fields) {
			const known = await own(caller, id);
			const moved = known.host !== fields.host || known.port !== fields.port;
			if (moved || known.user !== fields.user) await gateway.disconnect(id);
			const [row] = await db
				.update(workspaces)
				// Another machine has another key: the old one vouches for nothing.
				.set({ ...fields, name: plainLine(fields.name), ...(moved ? { hostKey: null } : {}) })
				.where(eq(workspaces.id, id))
				.returning();
			return rowOf(row!);
		},

		async remove(caller, id) {
			await own(caller, id);
			await gateway.disconnect(id);
			await db.delete(workspaces).where(eq(workspaces.id, id));
			lastState.delete(id);
		},

		async connect(caller, id, { acceptHostKey, replaceHostKey, credential }): Promise<ConnectResult> {
			if (id === LOCAL_WORKSPACE) return gateway.connect(await address(caller, id));
			const row = await own(caller, id);
			const accepted = acceptHostKey !== undefined && (row.hostKey === null || replaceHostKey === true);
			if (accepted && row.hostKey !== null) await gateway.disconnect(id);
			const hostKey = accepted ? acceptHostKey : row.hostKey;
			const result = await gateway.connect(
				{ ...addressOf(row), trust: [trustIn(hostKey)] },
				credential === undefined ? {} : { signIn: { hop: 0, credential } }
			);
			lastState.set(id, result.state === 'host-key-changed' ? 'host-key-unknown' : result.state);
			const verified = result.state === 'connected' || result.state === 'needs-sign-in';
			if (verified) {
				await db
					.update(workspaces)
					.set({ hostKey, ...(result.state === 'connected' ? { lastUsedAt: new Date() } : {}) })
					.where(eq(workspaces.id, id));
			}
			return result;
		},

		async disconnect(caller, id) {
			await address(caller, id);
			await gateway.disconnect(id);
			lastState.set(id, 'disconnected');
		},

		async kernelspecs(caller, id) {
			const where = await address(caller, id);
			if (where.kind === 'local') await gateway.connect(where);
			if (!gateway.isConnected(id)) {
				throw new ProblemError(409, {
					code: 'workspace-disconnected',
					title: `${where.name} is not connected.`,
					remedy: 'Connect to it first.'
				});
			}
			return gateway.kernelspecs(where);
		}
	};
}
