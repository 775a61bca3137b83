/** A notebook as it was once. */
import type { Json } from './json.ts';

/** Where a version comes from: a batch job that ran the notebook, or somebody who kept it. */
export type VersionOrigin =
	| {
			kind: 'run';
			sweep: string;
			point: string;
			parameters: Record<string, Json>;
			/** Where it ran, in words, and how long, in seconds. */
			workspace: string;
			seconds: number | null;
			/** How it failed; null when it did not. */
			failure: string | null;
	  }
	| { kind: 'kept' };

export interface VersionEntry {
	number: number;
	label: string;
	origin: VersionOrigin;
	/** The display name of who made it; null where the account is gone. */
	by: string | null;
	cells: number;
	createdAt: string;
}
