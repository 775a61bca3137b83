/**
 * A notebook as batch jobs without a line to anybody: one job per point of a grid of parameters; a single run is a grid of one
 * point. Everything of it is in one folder of the workspace, so it needs neither a server nor a database to go on:
 *
 *     FOLDER/sweep.json          what was asked for, and the jobs (the agent's)
 *     FOLDER/inputs/NAME.ipynb   the notebook of a point, its parameters in a cell of their own, without outputs
 *     FOLDER/NAME.ipynb          the notebook as it ran, written anew after every cell where the job sees the folder
 *
 * Parameters are those of papermill: the first cell tagged `parameters` has the defaults, a cell tagged `injected-parameters`
 * behind it (in front of all where there is none) sets them. The other side is `agent/SWEEPS.md`.
 */
import type { Resources } from './job.ts';
import type { Json } from './json.ts';

/** One job of it. */
export interface SweepPoint {
	/** The name of its files, without `.ipynb`: letters, digits, `-` and `_`. */
	name: string;
	parameters: Record<string, Json>;
}

/** What is asked of the agent, once the inputs are in the folder. */
export interface SweepStart {
	/** Absolute. */
	folder: string;
	/** What the jobs are called in the scheduler's lists. */
	title: string;
	points: SweepPoint[];
	resources: Resources;
	/** Go on with the next cell when one fails. */
	onError: 'stop' | 'continue';
	cwd?: string;
	env?: Record<string, string>;
}

/** `waiting`: not given to the scheduler yet · `failed`: a cell did · `ended`: the job did, before the notebook's end. */
export const POINT_STATES = ['waiting', 'queued', 'held', 'running', 'done', 'failed', 'ended'] as const;
export type PointState = (typeof POINT_STATES)[number];

export interface PointStatus extends SweepPoint {
	state: PointState;
	/** The scheduler's number of the job; null before it has one. */
	job: string | null;
	node: string;
	/** Why it waits, is held or ended, in the scheduler's words; how the cell failed, in the kernel's. */
	words: string;
	/** Code cells run, of all; null where the job's folder cannot be seen from here. */
	cells: { done: number; all: number } | null;
	/** Seconds since 1970. */
	started: number | null;
	finished: number | null;
}

export interface SweepStatus {
	folder: string;
	title: string;
	scheduler: Resources['scheduler'];
	/** Seconds since 1970. */
	made: number;
	points: PointStatus[];
}

/** How many jobs one sweep may have. */
export const MOST_POINTS = 500;

/** Nothing of it goes on. */
export function isOver({ points }: SweepStatus): boolean {
	return points.every(({ state }) => state === 'done' || state === 'failed' || state === 'ended');
}
