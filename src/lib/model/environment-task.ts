import type { Problem } from './problem.ts';
import type { TaskState } from './task.ts';

/** A quick start or a try, as its page shows it. */
export interface EnvironmentTask {
	task: string;
	kind: 'try' | 'quick-start';
	state: TaskState;
	/** The name of what is being made or tried. */
	name: string;
	text: string;
	part: number | null;
	/** The end of what it printed; empty in lists. */
	output: string;
	problem: Problem | null;
	/** The environment it is about; for a quick start once it is there. */
	environment: string | null;
}
