import type { KernelUsage, RoomNews } from '#lib/model/room-news.ts';

export interface UsageSample {
	/** Milliseconds since 1970, on this browser's clock. */
	at: number;
	/** Cores; null where there was nothing to compare with yet. */
	cpu: number | null;
	/** Bytes. */
	memory: number;
}

/** How far back the pictures go. */
export const USAGE_SPAN_MS = 5 * 60_000;
/** Without a sample for so long nobody knows what it uses now. */
const SILENT_MS = 10_000;

/** What the kernel uses, as the room tells its viewers: the last sample and those of the last minutes. Kept by nobody else. */
export class UsageHistory {
	latest = $state.raw<KernelUsage | null>(null);
	samples = $state.raw<readonly UsageSample[]>([]);
	#kernel: string | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;

	take(news: RoomNews): void {
		if (news.news !== 'usage') return;
		const before = news.kernel === this.#kernel ? this.samples : [];
		this.#kernel = news.kernel;
		const at = Date.now();
		const { cpu, memory } = news.usage;
		this.samples = [...before.filter((sample) => sample.at > at - USAGE_SPAN_MS), { at, cpu, memory }];
		this.latest = news.usage;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => (this.latest = null), SILENT_MS);
	}

	/** The last sample, when it is one of this kernel. */
	of(kernel: string | null): KernelUsage | null {
		// Read in any case: it is what a component follows.
		const { latest } = this;
		return kernel !== null && kernel === this.#kernel ? latest : null;
	}

	close(): void {
		clearTimeout(this.#timer);
	}
}
