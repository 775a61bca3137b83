/** What can be wrong with a suggestion. */
import { ProblemError } from '#lib/model/problem.ts';

export function noSuggestion(): ProblemError {
	return new ProblemError(404, {
		code: 'suggestion-unknown',
		title: 'There is no such suggestion.',
		detail: 'Whoever made it has taken it back, or it is not for you to read.'
	});
}

export function noOrigin(): ProblemError {
	return new ProblemError(409, {
		code: 'no-origin',
		title: 'This notebook is not a copy of a paper’s example.',
		detail: 'It was not made from one, or its authors have taken the paper back.',
		remedy: 'Copy the example on the page of the paper, and change that.'
	});
}

export function nothingChanged(number: number): ProblemError {
	return new ProblemError(409, {
		code: 'nothing-changed',
		title: 'Nothing is changed in this copy.',
		detail: `Its cells are those of v${number}. Outputs alone are no suggestion.`,
		remedy: 'Change what should be otherwise, then suggest it.'
	});
}

export function decided(): ProblemError {
	return new ProblemError(409, {
		code: 'suggestion-decided',
		title: 'This suggestion was decided before.',
		remedy: 'Look at it again: it says how.'
	});
}
