import type { Problem } from '#lib/model/problem.ts';

/** What a form action says when it did not do it: the problem of the whole, or what is wrong with which field. */
export interface FormAnswer {
	problem?: Problem;
	errors?: Record<string, string>;
	values?: Record<string, string>;
}
