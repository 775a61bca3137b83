/** Tells viewers what the kernel uses, while there are any. */
import type { KernelUsage, RoomNews } from '#lib/model/room-news.ts';

const EVERY_MS = 2000;

export class UsageWatch {
	readonly #timer: NodeJS.Timeout;
	#asking = false;

	/** `kernel` is the living kernel somebody looks at, or null. A sample that fails is simply not shown. */
	constructor(
		kernel: () => string | null,
		sample: () => Promise<KernelUsage | null>,
		tell: (news: RoomNews) => void
	) {
		this.#timer = setInterval(() => {
			const id = kernel();
			if (id === null || this.#asking) return;
			this.#asking = true;
			sample()
				.then((usage) => usage && tell({ news: 'usage', kernel: id, usage }))
				.catch(() => undefined)
				.finally(() => (this.#asking = false));
		}, EVERY_MS);
		this.#timer.unref();
	}

	close(): void {
		clearInterval(this.#timer);
	}
}
