import type { KernelView } from '#lib/model/runtime-doc.ts';

export type Remedy = 'sign-in' | 'start' | 'retry' | 'elsewhere' | 'reconnect';

/** What mends a kernel that is not well, as buttons: the first is the one to press. */
export function kernelRemedies({ state, problem, workspace }: KernelView): { does: Remedy; label: string }[] {
	switch (state) {
		case 'needs-sign-in':
			return [{ does: 'sign-in', label: 'Sign in' }];
		case 'dead':
			// What did not fit here or could not start here may well do so somewhere else.
			return UNFIT.has(problem?.code ?? '')
				? [START, { does: 'elsewhere', label: 'Choose another machine' }]
				: [START];
		case 'none':
			if (!problem || !workspace) return [];
			return problem.code === 'idle-stop' ? [START] : [{ does: 'retry', label: 'Try again' }];
		case 'lost-link':
			return [{ does: 'reconnect', label: 'Try again now' }];
		default:
			return [];
	}
}

const UNFIT = new Set([
	'kernel-out-of-memory',
	'kernel-startup',
	'kernel-held',
	'kernel-walltime',
	'kernel-unreachable'
]);

const START = { does: 'start', label: 'Start it again' } as const;
