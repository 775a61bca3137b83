/** Who holds what of a GPU, as the board shows it. */
import type { GpuHolder, GpuSample } from '#lib/model/gpu.ts';

/** The colours of people that there are, and one for everybody else. */
const COLOURS = 8;

/** Who holds it, in words: a person of this site, or an account. */
export function holderName({ person, mine, user }: GpuHolder): string {
	if (mine) return 'You';
	return person?.name ?? (user ? `account ${user}` : 'unknown');
}

/** A colour for each who holds something on these GPUs: the same person has the same everywhere on the board. */
export function holderColours(gpus: readonly GpuSample[]): Map<string, string> {
	const keys = [...new Set(gpus.flatMap((gpu) => gpu.processes.map(holderKey)))];
	return new Map(keys.map((key, index) => [key, `var(--who-${(index % COLOURS) + 1})`]));
}

export function holderKey({ person, user, pid }: GpuHolder): string {
	return person ? `person ${person.id}` : user ? `account ${user}` : `process ${pid}`;
}
