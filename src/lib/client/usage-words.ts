/** What a kernel uses, in words. */
import type { KernelUsage } from '#lib/model/room-news.ts';

const MB = 2 ** 20;
const GB = 2 ** 30;

/** Bytes of memory, as machines are sold: 1 GB is 2^30 bytes. */
export function memory(bytes: number): string {
	if (bytes < GB) return `${Math.round(bytes / MB)} MB`;
	return `${(bytes / GB).toFixed(bytes < 100 * GB ? 1 : 0)} GB`;
}

export function cores(used: number): string {
	return used < 9.95 ? used.toFixed(1) : String(Math.round(used));
}

export function percent(share: number): string {
	return `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;
}

/** How much of its limit the memory takes, 0 … 1; null without a limit. */
export function memoryShare({ memory, memoryLimit }: KernelUsage): number | null {
	return memoryLimit ? Math.min(1, memory / memoryLimit) : null;
}
