import type { JobStatus } from '#lib/model/job.ts';
import type { KernelState, KernelView } from '#lib/model/runtime-doc.ts';
import { jobWord } from './job-words.ts';

/** States of a job in which its kernel cannot have begun. */
const WAITING: ReadonlySet<JobStatus['state']> = new Set(['submitting', 'queued', 'held']);

/** How a kernel is doing, in a word and by tone (machine states only have colours). */
export function kernelWord({ state, job }: { state: KernelState; job: JobStatus | null }): {
	word: string;
	tone: 'off' | 'wait' | 'ok' | 'busy' | 'bad';
} {
	if (state === 'starting' && job && WAITING.has(job.state)) return { word: jobWord(job), tone: 'wait' };
	switch (state) {
		case 'none':
			return { word: 'no kernel', tone: 'off' };
		case 'preparing':
			return { word: 'preparing', tone: 'wait' };
		case 'connecting':
			return { word: 'connecting', tone: 'wait' };
		case 'needs-sign-in':
			return { word: 'sign in', tone: 'bad' };
		case 'starting':
			return { word: 'starting', tone: 'wait' };
		case 'idle':
			return { word: 'idle', tone: 'ok' };
		case 'busy':
			return { word: 'busy', tone: 'busy' };
		case 'lost-link':
			return { word: 'reconnecting', tone: 'wait' };
		case 'dead':
			return { word: 'dead', tone: 'bad' };
	}
}

/** Where it runs and what: "gpu1 · Python 3". */
export function kernelName(kernel: KernelView): string {
	return [kernel.workspaceName, kernel.displayName].filter(Boolean).join(' · ');
}

/** The language with its version and what speaks it: "Python 3.11.2, IPython". Empty before the kernel has said so. */
export function languageWords({ language, languageVersion, implementation }: KernelView): string {
	if (languageVersion === '') return '';
	const name = language.charAt(0).toUpperCase() + language.slice(1);
	const same = implementation === '' || implementation.toLowerCase() === language.toLowerCase();
	const speaker = implementation === 'ipython' ? 'IPython' : implementation;
	return `${name} ${languageVersion}${same ? '' : `, ${speaker}`}`;
}

/** One sentence for the panel. */
export function kernelSentence(kernel: KernelView): string {
	switch (kernel.state) {
		case 'none':
			return 'Nothing runs yet. Run a cell and a kernel starts by itself, or choose below where it should.';
		case 'preparing':
			return kernel.progress?.text ?? 'The environment is being prepared.';
		case 'connecting':
			return `Connecting to ${kernel.workspaceName || 'the workspace'}.`;
		case 'needs-sign-in':
			return `${kernel.workspaceName || 'The workspace'} asks you to sign in.`;
		case 'starting':
			return 'The kernel is starting.';
		case 'idle':
			return 'Ready.';
		case 'busy':
			return 'Running code.';
		case 'lost-link':
			return 'The line to the workspace is down and is being tried again. What runs there goes on, nothing is lost.';
		case 'dead':
			return 'The kernel has ended. Its variables are gone; your notebook and outputs are here.';
	}
}
