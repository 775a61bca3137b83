/** Ending the kernels of guests at once, whatever they do. */
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { KernelId, UserId, WorkspaceId } from '#lib/model/ids.ts';

interface Launched {
	workspace: WorkspaceId;
	user: UserId;
	at: number;
}

/** A start that was allowed and is not seen yet may still come. */
const LATE_MS = 1500;
const PATIENCE_MS = 4500;
const LOOK_MS = 150;

export class GuestKernels {
	readonly #gateway: Pick<KernelGateway, 'shutdown' | 'kernels' | 'forget'>;
	readonly #launched = new Map<KernelId, Launched>();

	constructor(gateway: Pick<KernelGateway, 'shutdown' | 'kernels' | 'forget'>) {
		this.#gateway = gateway;
	}

	/** One is about to be started, or was found. */
	note(kernel: KernelId, workspace: WorkspaceId, user: UserId, at = Date.now()): void {
		if (!this.#launched.has(kernel)) this.#launched.set(kernel, { workspace, user, at });
	}

	/**
	 * SIGKILL to the kernels of these people and to all they have started. Resolves when none is left, or after 4.5 s: the
	 * machine is away then, and its kernels end by their own limits. Answers how many there were.
	 */
	async end(users: ReadonlySet<UserId>): Promise<number> {
		const mine = new Map([...this.#launched].filter(([, { user }]) => users.has(user)));
		const count = mine.size;
		const end = Date.now() + PATIENCE_MS;
		while (mine.size > 0 && Date.now() < end) {
			await Promise.allSettled(
				[...mine].map(([kernel, { workspace }]) => this.#gateway.shutdown(workspace, kernel, { now: true }))
			);
			const states = await this.#states(mine);
			for (const [kernel, { workspace, at }] of mine) {
				const state = states.get(kernel);
				const away = state === undefined && Date.now() - at > LATE_MS;
				if (state !== 'dead' && !away) continue;
				mine.delete(kernel);
				this.#launched.delete(kernel);
				await this.#gateway.forget(workspace, kernel).catch(() => undefined);
			}
			if (mine.size > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		}
		return count;
	}

	async #states(of: ReadonlyMap<KernelId, Launched>): Promise<Map<KernelId, string>> {
		const places = [...new Set([...of.values()].map(({ workspace }) => workspace))];
		const lists = await Promise.all(places.map((place) => this.#gateway.kernels(place).catch(() => [])));
		return new Map(lists.flat().map(({ kernel, state }) => [kernel, state]));
	}
}
