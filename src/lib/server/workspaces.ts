/** A person's workspaces: SSH accounts they added, and this machine for those who may use it. */
import { and, asc, eq } from 'drizzle-orm';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { workspaces } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { KnownKey, WorkspaceAddress } from '#lib/model/workspace.ts';
import type { BrowserKeyShelf } from './browser-keys.ts';
import type { HostKeyBook } from './host-key-book.ts';
import type { LocalEnvironment } from './local-environment.ts';
import { isPlainId, plainLine } from './plain-line.ts';
import type { Caller, HostKeyRow, Ways, WorkspaceFields, WorkspaceRow, Workspaces } from './services.ts';
import { hopsOf, LOCAL_NAME, LOCAL_WORKSPACE, type WorkspaceRecord } from './workspace-book.ts';
import type { WorkspaceConnect } from './workspace-connect.ts';

export interface WorkspacesOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	environment: LocalEnvironment;
	hostKeys: HostKeyBook;
	browserKeys: BrowserKeyShelf;
	connect: WorkspaceConnect;
	ways: Ways;
}

type Believed = (KnownKey & { origin: HostKeyRow['origin'] })[][];

export function createWorkspaces(options: WorkspacesOptions): Workspaces {
	const { db, gateway, directory, environment, hostKeys, browserKeys, connect, ways } = options;

	const rowOf = (row: WorkspaceRecord, believed: Believed): WorkspaceRow => ({
		id: row.id,
		kind: 'ssh',
		name: row.name,
		host: row.host,
		port: row.port,
		user: row.user,
		jumps: row.jumps,
		way: row.way,
		environments: row.environments,
		hostKeys: believed,
		state: connect.stateOf(row.id),
		preparing: null,
		signIns: hopsOf(row).map((_, hop) => row.signIns[hop] ?? null),
		wanted: row.wanted
	});

	const localRow = (): WorkspaceRow => ({
		id: LOCAL_WORKSPACE,
		kind: 'local',
		name: LOCAL_NAME,
		host: 'localhost',
		port: 0,
		user: '',
		jumps: [],
		way: 'ssh',
		environments: [environment.folder],
		hostKeys: [],
		state: environment.progress ? 'connecting' : 'connected',
		preparing: environment.progress,
		signIns: [],
		wanted: true
	});

	const withKeys = async (row: WorkspaceRecord): Promise<WorkspaceRow> =>
		rowOf(row, await hostKeys.believed(row.ownerId, hopsOf(row)));

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
		await own(caller, id);
		return (await directory.address(id))!;
	}

	function allowed({ user }: Caller, fields: WorkspaceFields): WorkspaceFields {
		if (fields.way === 'system' && !(ways.system && user.admin)) {
			throw new ProblemError(403, {
				code: 'way-not-allowed',
				title: 'This server does not use its own ssh program for you.',
				detail: 'It logs in as the account the server runs as: if at all, it is for administrators.',
				remedy: 'Leave the way at the usual one, or ask the administrator.'
			});
		}
		return { ...fields, name: plainLine(fields.name) };
	}

	return {
		ways: ({ user }) => (user.admin ? ways : { system: false, agent: false }),

		async list(caller) {
			const rows = await db
				.select()
				.from(workspaces)
				.where(eq(workspaces.ownerId, caller.user.id))
				.orderBy(asc(workspaces.createdAt));
			// All at once: the keys are looked through only one time.
			const believed = await hostKeys.believed(caller.user.id, rows.flatMap(hopsOf));
			const listed = rows.map((row) => rowOf(row, believed.splice(0, hopsOf(row).length)));
			return [...(caller.user.admin ? [localRow()] : []), ...listed];
		},

		async add(caller, fields) {
			const [row] = await db
				.insert(workspaces)
				.values({ id: newId(), ownerId: caller.user.id, ...allowed(caller, fields) })
				.returning();
			return withKeys(row!);
		},

		async update(caller, id, fields) {
			const known = await own(caller, id);
			const [row] = await db
				.update(workspaces)
				.set(allowed(caller, fields))
				.where(eq(workspaces.id, id))
				.returning();
			const way = (one: WorkspaceRecord): string => JSON.stringify([one.way, ...hopsOf(one).map(placeOf)]);
			if (way(known) === way(row!)) return withKeys(row!);
			// Another account: nobody has signed in there, and what the line leads to is not this workspace any more.
			connect.forget(id);
			await gateway.disconnect(id);
			const [fresh] = await db
				.update(workspaces)
				.set({ signIns: [], wanted: false })
				.where(eq(workspaces.id, id))
				.returning();
			return withKeys(fresh!);
		},

		async remove(caller, id) {
			await own(caller, id);
			connect.forget(id);
			await gateway.disconnect(id);
			await db.delete(workspaces).where(eq(workspaces.id, id));
		},

		async connect(caller, id, request) {
			const owner = { id: caller.user.id, name: caller.user.displayName, admin: caller.user.admin };
			if (id === LOCAL_WORKSPACE) return connect.connectLocal(owner, await address(caller, id));
			return connect.connect(owner, await own(caller, id), request);
		},

		async disconnect(caller, id) {
			await address(caller, id);
			await connect.disconnect(caller.user.id, id);
		},

		async authorizeKey(caller, id, key) {
			const row = await own(caller, id);
			const line = await browserKeys.line(caller.user.id, key);
			if (!gateway.isConnected(id)) throw disconnected(row.name);
			const added = await gateway.authorizeKey(id, line);
			const known = (await browserKeys.list(caller)).find((one) => one.id === key);
			if (known) await connect.comeBackBy(row, known.fingerprint);
			return { added };
		},

		async kernelspecs(caller, id) {
			const where = await address(caller, id);
			if (where.kind === 'local') await gateway.connect(where);
			if (!gateway.isConnected(id)) throw disconnected(where.name);
			return gateway.kernelspecs((await directory.address(id))!);
		}
	};
}

function placeOf({ host, port, user }: { host: string; port: number; user: string }): string {
	return `${user}@${host}:${port}`;
}

function disconnected(name: string): ProblemError {
	return new ProblemError(409, {
		code: 'workspace-disconnected',
		title: `${name} is not connected.`,
		remedy: 'Connect to it first.'
	});
}
