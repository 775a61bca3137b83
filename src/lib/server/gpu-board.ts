/** The GPU board of a machine: the agent's figures, joined with whose kernels and which notebooks they are. */
import { and, desc, eq, inArray } from 'drizzle-orm';
import type { Collab } from '#collab/start.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { members, notebooks, runs, users, workspaces } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { Gpu, GpuHolder, GpuProcess, GpuSample } from '#lib/model/gpu.ts';
import { newId } from '#lib/model/ids.ts';
import type { PersonNews } from '#lib/model/person-line.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { openWorkspace } from './open-workspace.ts';
import type { Caller, Rooms } from './services.ts';

export interface GpuBoard {
	/** The GPUs of the workspace's machine; none where it has none. */
	read(caller: Caller, workspace: string): Promise<{ gpus: GpuSample[] }>;
	/** Shut a kernel of the caller's down. */
	release(caller: Caller, workspace: string, kernel: string): Promise<void>;
	/** Ask the person of a kernel to release it: 429 when that was done within the last minutes. */
	ask(caller: Caller, workspace: string, kernel: string): Promise<void>;
}

export interface GpuBoardOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	collab: Pick<Collab, 'rooms'>;
	rooms: Rooms;
	/** Tell a person something; false when none of their pages is open to hear it. */
	tell(user: string, news: PersonNews): boolean;
}

/** What is known of one kernel that holds memory. */
interface Holder {
	workspace: string;
	person: { id: string; name: string } | null;
	notebook: { id: string; title: string } | null;
}

/** nvidia-smi takes up to a second: who looks within this time shares the answer. */
const FRESH_MS = 2000;
const HISTORY = 60;
const ASK_AGAIN_MS = 10 * 60_000;

export function createGpuBoard(options: GpuBoardOptions): GpuBoard {
	const { db, gateway, directory, collab, rooms, tell } = options;
	const seen = new Map<string, { loads: number[]; idleSince: number | null }>();
	const samples = new Map<string, { at: number; gpus: Promise<Gpu[]> }>();
	const asked = new Map<string, number>();

	/** Figures of a machine, with the kernels of every account on it that is connected now. */
	async function sample(workspace: string): Promise<{ gpus: Gpu[]; of: Map<string, string> }> {
		const machines = gateway.machines();
		const boot = machines.find((machine) => machine.workspace === workspace)?.boot;
		const beside = machines.filter((other) => other.boot === boot && other.boot !== '');
		const others = beside.filter((other) => other.workspace !== workspace);
		const [gpus, ...more] = await Promise.all([
			fresh(workspace),
			// a colleague's line may break just now: then their kernels are strangers for once
			...others.map((other) => fresh(other.workspace).catch(() => []))
		]);
		const of = new Map<string, string>();
		const kernels = new Map<number, string>();
		[gpus, ...more].forEach((list, index) => {
			const from = index === 0 ? workspace : others[index - 1]!.workspace;
			for (const { pid, kernel } of list.flatMap((gpu) => gpu.processes)) {
				if (kernel === null) continue;
				kernels.set(pid, kernel);
				// several workspaces may be one account; the caller's own counts
				if (!of.has(kernel)) of.set(kernel, from);
			}
		});
		const joined = gpus.map((gpu) => ({
			...gpu,
			processes: gpu.processes.map((each) => ({ ...each, kernel: kernels.get(each.pid) ?? each.kernel }))
		}));
		for (const gpu of joined) remember(`${boot}/${gpu.uuid}`, gpu);
		return { gpus: joined, of };
	}

	function fresh(workspace: string): Promise<Gpu[]> {
		const known = samples.get(workspace);
		if (known && Date.now() - known.at < FRESH_MS) return known.gpus;
		const gpus = gateway.gpus(workspace);
		samples.set(workspace, { at: Date.now(), gpus });
		gpus.catch(() => samples.delete(workspace));
		return gpus;
	}

	function remember(key: string, { utilization }: Gpu): void {
		const known = seen.get(key) ?? { loads: [], idleSince: null };
		if (utilization !== null) {
			known.loads = [...known.loads, utilization].slice(-HISTORY);
			known.idleSince = utilization > 0 ? null : (known.idleSince ?? Date.now());
		}
		seen.set(key, known);
	}

	/** Whose kernels these are, and in which notebooks as far as the caller may see them. */
	async function holders(caller: Caller, of: Map<string, string>): Promise<Map<string, Holder>> {
		const kernels = [...of.keys()];
		const found = new Map<string, Holder>();
		if (kernels.length === 0) return found;
		const owners = await db
			.select({ workspace: workspaces.id, id: users.id, name: users.displayName })
			.from(workspaces)
			.innerJoin(users, eq(users.id, workspaces.ownerId))
			.where(inArray(workspaces.id, [...of.values()]));
		const ran = await db
			.select({
				kernel: runs.kernelId,
				notebook: runs.notebookId,
				workspace: runs.workspaceId,
				id: users.id,
				name: users.displayName
			})
			.from(runs)
			.leftJoin(users, eq(users.id, runs.userId))
			.where(inArray(runs.kernelId, kernels))
			.orderBy(desc(runs.queuedAt));
		const open = await collab.rooms.kernels();
		const places = new Map(kernels.map((kernel) => [kernel, ran.find((run) => run.kernel === kernel)]));
		const notebookOf = (kernel: string) => open.get(kernel) ?? places.get(kernel)?.notebook;
		const ids = kernels.flatMap((kernel) => notebookOf(kernel) ?? []);
		const readable = ids.length
			? await db
					.select({ id: notebooks.id, title: notebooks.title })
					.from(notebooks)
					.innerJoin(members, eq(members.notebookId, notebooks.id))
					.where(and(inArray(notebooks.id, ids), eq(members.userId, caller.user.id)))
			: [];
		for (const kernel of kernels) {
			// one account may be several people's workspace: the one it was started through says whose kernel it is
			const workspace = places.get(kernel)?.workspace ?? of.get(kernel)!;
			const owner = owners.find((each) => each.workspace === workspace);
			const runner = places.get(kernel);
			const person = owner ?? (runner?.id ? { id: runner.id, name: runner.name! } : null);
			found.set(kernel, {
				workspace,
				person: person && { id: person.id, name: person.name },
				notebook: readable.find(({ id }) => id === notebookOf(kernel)) ?? null
			});
		}
		return found;
	}

	async function holderOf(caller: Caller, workspace: string, kernel: string): Promise<Holder> {
		const address = await openWorkspace({ gateway, directory }, caller, workspace);
		const { gpus, of } = await sample(workspace);
		const holds = gpus.some((gpu) => gpu.processes.some((each) => each.kernel === kernel));
		const holder = holds ? (await holders(caller, of)).get(kernel) : undefined;
		if (holder) return holder;
		throw new ProblemError(404, {
			code: 'gpu-holder-unknown',
			title: `This kernel holds no GPU of ${address.name} any more.`,
			remedy: 'Look at the board again.'
		});
	}

	return {
		async read(caller, workspace) {
			await openWorkspace({ gateway, directory }, caller, workspace);
			const boot = gateway.machines().find((machine) => machine.workspace === workspace)?.boot;
			const { gpus, of } = await sample(workspace);
			const known = await holders(caller, of);
			return {
				gpus: gpus.map((gpu) => {
					const { loads = [], idleSince = null } = seen.get(`${boot}/${gpu.uuid}`) ?? {};
					const joined = (each: GpuProcess): GpuHolder => {
						const { person = null, notebook = null } = known.get(each.kernel ?? '') ?? {};
						return { ...each, person, notebook, mine: person?.id === caller.user.id, idleSince };
					};
					return { ...gpu, history: loads, processes: gpu.processes.map(joined) };
				})
			};
		},

		async release(caller, workspace, kernel) {
			const holder = await holderOf(caller, workspace, kernel);
			if (holder.person?.id !== caller.user.id) {
				throw new ProblemError(403, {
					code: 'gpu-not-yours',
					title: 'This kernel is not yours.',
					remedy: `Ask ${holder.person?.name ?? 'whoever holds it'} to release it.`
				});
			}
			samples.delete(workspace);
			const { notebook } = holder;
			const shown = notebook && (await rooms.state(caller, notebook.id)).kernel.kernel === kernel;
			if (shown) await rooms.command(caller, notebook.id, { do: 'shutdown' });
			else await gateway.shutdown(holder.workspace, kernel);
		},

		async ask(caller, workspace, kernel) {
			const { person, notebook, workspace: theirs } = await holderOf(caller, workspace, kernel);
			if (!person || person.id === caller.user.id) {
				throw new ProblemError(409, {
					code: 'gpu-nobody-to-ask',
					title: 'There is nobody to ask here.',
					detail: 'Whoever holds it is not known on this site.',
					remedy: 'Write to the account it runs in.'
				});
			}
			const key = `${caller.user.id}/${person.id}`;
			if (Date.now() - (asked.get(key) ?? 0) < ASK_AGAIN_MS) {
				throw new ProblemError(429, {
					code: 'gpu-asked-already',
					title: `You have just asked ${person.name}.`,
					remedy: 'Give them ten minutes, or write to them.'
				});
			}
			const machine = gateway.machines().find((each) => each.workspace === workspace)?.host ?? 'a machine';
			const heard = tell(person.id, {
				type: 'notice',
				notice: {
					id: newId(),
					title: `${caller.user.displayName} asks whether you can release a GPU.`,
					detail: `It is the one your kernel${notebook ? ` of “${notebook.title}”` : ''} holds on ${machine}.`,
					href: `/workspaces/${theirs}/gpus`
				}
			});
			if (!heard) {
				throw new ProblemError(409, {
					code: 'gpu-person-away',
					title: `${person.name} is not here at the moment.`,
					detail: 'No page of theirs is open, so nobody would read it.',
					remedy: 'Ask again later, or write to them.'
				});
			}
			asked.set(key, Date.now());
		}
	};
}
