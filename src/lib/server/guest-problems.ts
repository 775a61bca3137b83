/** Why somebody is not let in as a guest, or not any more. */
import { ProblemError } from '#lib/model/problem.ts';

const SIGN_IN = 'Sign in to run it on a machine of your own, or read on: nothing on the page is missing.';

export function offProblem(): ProblemError {
	return new ProblemError(403, {
		code: 'guests-off',
		title: 'Examples run for people with an account here.',
		detail: 'This site does not offer a machine to guests.',
		remedy: SIGN_IN
	});
}

export function fullProblem(): ProblemError {
	return new ProblemError(503, {
		code: 'guests-full',
		title: 'All places for guests are taken.',
		detail: 'Each is free again after some minutes.',
		remedy: `Try again in a moment. ${SIGN_IN}`
	});
}

export function limitProblem(seconds: number): ProblemError {
	const minutes = Math.max(1, Math.ceil(seconds / 60));
	return new ProblemError(429, {
		code: 'guests-limit',
		title: 'From your network as many examples were run as guests may run in an hour.',
		remedy: `Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}. ${SIGN_IN}`
	});
}

export function awayProblem(): ProblemError {
	return new ProblemError(503, {
		code: 'guests-away',
		title: 'The machine for guests is not connected.',
		detail: 'Somebody who looks after this site has to connect to it.',
		remedy: SIGN_IN
	});
}

export function overProblem(): ProblemError {
	return new ProblemError(403, {
		code: 'guest-over',
		title: 'The time for guests is over.',
		remedy: 'Begin again from the paper’s page, or sign in.'
	});
}
