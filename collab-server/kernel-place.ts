/** Where the kernel of a room is started, by whom, and that there is one start at a time. */
import type { NotebookId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { RoomUser } from './caller.ts';
import { ANYTHING, type KernelLink, type KernelWish } from './kernel-link.ts';
import type { Logger } from './logger.ts';
import type { Projection } from './projection.ts';
import type { RunDesk } from './run-desk.ts';
import type { WidgetFold } from './widget-fold.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export interface KernelPlaceOptions {
	notebook: NotebookId;
	directory: WorkspaceDirectory;
	link: KernelLink;
	desk: RunDesk;
	projection: Projection;
	widgets: WidgetFold;
	logger: Logger;
	/** The notebook's metadata, which may name a kernelspec. */
	metadata(): JsonObject;
}

/** How long a kernel may take to say goodbye before its successor is started. */
const GOODBYE_MS = 10_000;

export class KernelPlace {
	readonly #options: KernelPlaceOptions;
	#starting: Promise<void> | null = null;

	constructor(options: KernelPlaceOptions) {
		this.#options = options;
	}

	get isStarting(): boolean {
		return this.#starting !== null;
	}

	/** Refuse a run before it is queued when there is nowhere for it to go. */
	async check(user: RoomUser): Promise<void> {
		const { directory, link, projection } = this.#options;
		if (link.held || this.#starting) return;
		const { workspace } = projection.kernel;
		if (workspace !== null && (await directory.mayUse(user, workspace))) return;
		if ((await directory.defaultFor(user)) !== null) return;
		throw new ProblemError(409, {
			code: 'no-workspace',
			title: 'There is nowhere to run this yet.',
			detail:
				workspace === null
					? 'You have no workspace.'
					: 'Its kernel is not running, and the workspace it ran on is not yours.',
			remedy: 'Add a machine you can reach by SSH, or ask the owner of the kernel to start it.'
		});
	}

	/** Start a kernel on the notebook's workspace or the person's own. Runs that wait go when it is up. */
	ensure(user: RoomUser): Promise<void> {
		return this.#once(async () => {
			const { directory, desk, projection } = this.#options;
			const { workspace: last, spec, gpus, resources } = projection.kernel;
			const keep = last !== null && (await directory.mayUse(user, last));
			const workspace = keep ? last : await directory.defaultFor(user);
			if (workspace === null) desk.giveUp('There is nowhere to run this: no workspace was chosen.');
			else await this.#startOn(user, workspace, keep ? { spec, gpus, resources } : ANYTHING);
		});
	}

	/** End the kernel there may be and start one on a workspace of this person. */
	async replace(user: RoomUser, workspace: string, wish: KernelWish): Promise<void> {
		if (!(await this.#options.directory.mayUse(user, workspace))) {
			throw new ProblemError(403, {
				code: 'workspace-not-yours',
				title: 'This workspace is not yours.',
				remedy: 'Choose one of your own.'
			});
		}
		await this.stop();
		await this.#once(() => this.#startOn(user, workspace, wish));
	}

	/** End the kernel and what it was doing, and wait until it has said so. Runs that wait for a first kernel stay. */
	async stop(restart = false): Promise<void> {
		const { link, desk } = this.#options;
		if (!link.held) return;
		desk.cancel();
		const { active } = desk;
		await link.shutdown(restart);
		if (active) await desk.waitFor(active.id, GOODBYE_MS);
	}

	/** One start at a time; who comes meanwhile shares it. */
	#once(start: () => Promise<void>): Promise<void> {
		this.#starting ??= start().finally(() => {
			this.#starting = null;
		});
		return this.#starting;
	}

	async #startOn(user: RoomUser, workspace: string, wish: KernelWish): Promise<void> {
		const { link, desk, widgets, logger, notebook, metadata } = this.#options;
		try {
			await link.start(user, workspace, wish, metadata());
			widgets.begin();
		} catch (error) {
			if (!(error instanceof ProblemError)) {
				logger.error({ notebook, err: error }, 'a kernel could not be started');
			}
			desk.giveUp(error instanceof ProblemError ? error.message : 'The kernel could not be started.');
			throw error;
		}
	}
}
