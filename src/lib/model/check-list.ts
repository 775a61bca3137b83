/** The list a person watches while a connection is made: what was tried, how it went, what to do where it did not. */

/** In the order in which they are looked at. */
export const CHECKS = [
	'reachable',
	'host-key',
	'sign-in',
	'shell',
	'python',
	'agent',
	'kernels',
	'gpu',
	'batch',
	'disk'
] as const;
export type Check = (typeof CHECKS)[number];

export interface CheckLine {
	check: Check;
	/** The hop it is about for the first three, where there are several; 0 is the first jump host. */
	hop?: number;
	/** `none`: looked for, and there is none, which is nothing bad (GPU, batch system). */
	state: 'doing' | 'ok' | 'warning' | 'failed' | 'none';
	/** What was found, in a few words: `Python 3.11.2`, `HTCondor 23.9.6`, `12 GB of 500 GB free`. */
	text: string;
	/** What to do, for `warning` and `failed`. */
	remedy?: string;
}

/** What the agent finds on a machine, in its words; lines of the list are made from it. Sizes in bytes. */
export interface Survey {
	python: string;
	host: string;
	cores: number;
	memory: number | null;
	/** The file system of the home folder. `writable`: a file could be made there just now; `quota`: null where unknown. */
	disk: { path: string; total: number; free: number; writable: boolean; problem: string | null };
	gpus: { index: number; name: string; memory: number }[];
	batch: { kind: 'htcondor' | 'slurm'; version: string }[];
	/** Whether a Jupyter kernel was found; without one our plain Python kernel is used. */
	kernels: number;
}
