/**
 * Problems thrown by the server's half, told by their shape: the site is built into a module graph of its own, where
 * `instanceof` sees another class of the same name.
 */
import { error, fail, isHttpError, isRedirect, type ActionFailure } from '@sveltejs/kit';
import type { Problem } from '#lib/model/problem.ts';

export interface Refusal {
	status: number;
	problem: Problem;
}

/** The refusal in what was thrown; null for faults of ours. */
export function refusalOf(thrown: unknown): Refusal | null {
	if (!(thrown instanceof Error) || thrown.name !== 'ProblemError') return null;
	const { status, problem } = thrown as Error & Partial<Refusal>;
	return typeof problem?.title === 'string' && status ? { status, problem } : null;
}

/** For `load`: what was asked, or the error page with the problem's own words. */
export async function orErrorPage<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (thrown) {
		const refusal = refusalOf(thrown);
		if (!refusal) throw thrown;
		const { title, ...rest } = refusal.problem;
		error(refusal.status, { message: title, ...rest });
	}
}

/** For form actions: what was done, or the problem to show beside the form. */
export async function orProblem<T>(work: () => Promise<T>): Promise<T | ActionFailure<{ problem: Problem }>> {
	try {
		return await work();
	} catch (thrown) {
		if (isRedirect(thrown) || isHttpError(thrown)) throw thrown;
		const refusal = refusalOf(thrown);
		if (!refusal) throw thrown;
		return fail(refusal.status, { problem: refusal.problem });
	}
}
