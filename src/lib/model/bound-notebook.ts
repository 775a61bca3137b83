/** A notebook that is a file of a workspace, as pages and scripts see it. */
import type { Problem } from './problem.ts';

/** `saved`: file and notebook say the same · `pending`: to be written · `missing`: the file was deleted or moved away. */
export type BoundState = 'saved' | 'pending' | 'missing';

/** The last change of the file that was brought into the notebook. */
export interface LastMerge {
	/** Milliseconds since 1970. */
	at: number;
	/** What was done, in words. */
	summary: string;
	/** Cells of which both versions are in the notebook. */
	conflicts: number;
	/** What changed in the file: its cells as text before and after. */
	before: string;
	after: string;
}

export interface BoundFile {
	workspace: string;
	/** null: it was removed. */
	workspaceName: string | null;
	/** Absolute. */
	path: string;
	state: BoundState;
	/** Why it is not written. */
	problem: Problem | null;
	merged: LastMerge | null;
}

/** `save`: write now · `recreate`: write it although it was deleted · `unbind`: both stay, and know of each other no more. */
export const BOUND_ACTIONS = ['save', 'recreate', 'unbind'] as const;
export type BoundAction = (typeof BOUND_ACTIONS)[number];
