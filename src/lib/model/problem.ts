/**
 * What a person is told when something did not work: what happened, why, what to do.
 * `code` is stable and is for programs; RFC 9457 carries it as the end of `type`.
 */
export interface Problem {
	code: string;
	/** What happened, one sentence. */
	title: string;
	/** Why, as far as it is known. */
	detail?: string;
	/** What to do now. */
	remedy?: string;
}

/** A problem as an exception, for the places where only throwing reaches the caller. `status` is the HTTP status. */
export class ProblemError extends Error {
	readonly problem: Problem;
	readonly status: number;

	constructor(status: number, problem: Problem, options?: ErrorOptions) {
		super([problem.title, problem.detail, problem.remedy].filter(Boolean).join(' '), options);
		this.name = 'ProblemError';
		this.problem = problem;
		this.status = status;
	}
}
