/** Versions and their origin in words. */
import { valueText } from '#lib/model/parameter-grid.ts';
import type { Json } from '#lib/model/json.ts';
import type { VersionEntry } from '#lib/model/version.ts';
import { duration } from './render/words.ts';

/** "alpha = 0.2, n = 3"; empty without parameters. */
export function parameterWords(parameters: Record<string, Json>): string {
	return Object.entries(parameters)
		.map(([name, value]) => `${name} = ${valueText(value)}`)
		.join(', ');
}

/** "Run on Group node in 41 s with alpha = 0.2 by Cora". */
export function originWords({ origin, by }: Pick<VersionEntry, 'origin' | 'by'>): string {
	const who = by === null ? '' : ` by ${by}`;
	if (origin.kind === 'kept') return `Kept${who}`;
	const { workspace, seconds, parameters, failure } = origin;
	const words = parameterWords(parameters);
	const took = seconds === null ? '' : ` in ${duration(seconds * 1000)}`;
	return `${failure === null ? 'Run' : 'Failed'} on ${workspace}${took}${words && ` with ${words}`}${who}`;
}
