/** All open rooms of this process, one per notebook. The door for every command, whoever brings it. */
import type { NotebookId, RunId, WorkspaceId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { can, type Role } from '#lib/model/role.ts';
import { COMMAND_ACTION, type CommandResult, type RoomCommand } from '#lib/model/room-command.ts';
import type { Run } from '#lib/model/run.ts';
import type { KernelView } from '#lib/model/runtime-doc.ts';
import { roleOf } from './access.ts';
import type { RoomUser } from './caller.ts';
import { Room, type FileOutputs, type RoomOptions } from './room.ts';

export class RoomSet {
	readonly #options: RoomOptions;
	readonly #rooms = new Map<NotebookId, Promise<Room>>();

	constructor(options: RoomOptions) {
		this.#options = options;
	}

	/**
	 * Check the role, open the room, do it. Refuses with ProblemError. `known` is the role a socket has: it is closed, and
	 * hears nothing more, when that changes. Everybody else's is read anew.
	 */
	async command(
		user: RoomUser,
		notebook: NotebookId,
		command: RoomCommand,
		known?: Role | null
	): Promise<CommandResult> {
		const role = known === undefined ? await roleOf(this.#options.db, notebook, user.id) : known;
		if (!can(role, COMMAND_ACTION[command.do])) throw notAllowed(role !== null);
		return (await this.open(notebook)).command(user, command, role === 'owner');
	}

	/** The room of a notebook, opened if need be. A failed opening is forgotten, so that the next one tries again. */
	open(notebook: NotebookId): Promise<Room> {
		let room = this.#rooms.get(notebook);
		if (!room) {
			room = Room.open(notebook, this.#options);
			this.#rooms.set(notebook, room);
			room.catch(() => this.#rooms.delete(notebook));
		}
		return room;
	}

	/** One run after at most `waitMs`; null when the room does not know it. */
	async run(notebook: NotebookId, run: RunId, waitMs: number): Promise<Run | null> {
		const room = await this.open(notebook);
		await room.waitFor(run, waitMs);
		return room.run(run);
	}

	async state(notebook: NotebookId): Promise<{ kernel: KernelView; runs: Run[] }> {
		const room = await this.open(notebook);
		return { kernel: room.kernel, runs: room.runs() };
	}

	/** What is installed beside the kernel of an open room; null where nobody can say. */
	async packages(notebook: NotebookId): Promise<Record<string, string> | null> {
		const room = await this.#rooms.get(notebook)?.catch(() => null);
		return (await room?.packages()) ?? null;
	}

	/** Resolves when all that an open room of this notebook knows is in the database. */
	async stored(notebook: NotebookId): Promise<void> {
		await (await this.#rooms.get(notebook)?.catch(() => null))?.stored();
	}

	/** See Room.adopt. */
	async adopt(notebook: NotebookId, shown: readonly FileOutputs[]): Promise<void> {
		const room = await this.open(notebook);
		await room.adopt(shown);
		if (!room.isWatched) await this.closeIfIdle(notebook);
	}

	/** A workspace is connected: its owner need not come to every notebook that waits for it. */
	workspaceConnected(workspace: WorkspaceId, owner: RoomUser): void {
		for (const opening of this.#rooms.values()) {
			opening
				.then((room) => room.workspaceConnected(workspace, owner))
				.catch((error: unknown) =>
					this.#options.logger.warn({ workspace, err: error }, 'a notebook did not go on by itself')
				);
		}
	}

	/** The kernels that open rooms hold, by id, with their notebooks. */
	async kernels(): Promise<Map<string, NotebookId>> {
		const found = new Map<string, NotebookId>();
		for (const [notebook, opening] of this.#rooms) {
			const kernel = (await opening.catch(() => null))?.kernel.kernel;
			if (kernel) found.set(kernel, notebook);
		}
		return found;
	}

	/** The time that unused kernels are allowed is another one now: in one notebook, or in all. */
	async idleRuleChanged(notebook: NotebookId | null): Promise<void> {
		const rooms = notebook === null ? [...this.#rooms.values()] : [this.#rooms.get(notebook)];
		for (const opening of rooms) (await opening?.catch(() => null))?.idleRuleChanged();
	}

	/** Close a room that has nothing to do; an open one with a kernel stays. */
	async closeIfIdle(notebook: NotebookId): Promise<void> {
		const opening = this.#rooms.get(notebook);
		const room = await opening?.catch(() => null);
		if (!room?.isIdle || this.#rooms.get(notebook) !== opening) return;
		this.#rooms.delete(notebook);
		await room.close();
	}

	/** End the kernel and forget the room, because the notebook is being deleted. */
	async remove(notebook: NotebookId, user: RoomUser): Promise<void> {
		const room = await this.#rooms.get(notebook)?.catch(() => null);
		if (!room) return;
		// Ending the kernel is a courtesy to the machine; a lost line must not keep the notebook.
		await room.command(user, { do: 'shutdown' }).catch(() => undefined);
		this.#rooms.delete(notebook);
		await room.close();
	}

	/** Write what is pending and close every room; kernels live on. */
	async close(): Promise<void> {
		const rooms = await Promise.allSettled(this.#rooms.values());
		this.#rooms.clear();
		await Promise.allSettled(rooms.map((room) => (room.status === 'fulfilled' ? room.value.close() : null)));
	}
}

function notAllowed(member: boolean): ProblemError {
	return new ProblemError(member ? 403 : 404, {
		code: member ? 'role' : 'notebook-unknown',
		title: member ? 'Your role in this notebook does not allow that.' : 'There is no such notebook.',
		remedy: member ? 'Ask an owner for a stronger role.' : 'Check the link, or ask for access.'
	});
}
