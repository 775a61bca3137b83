/** Why a paper could not be looked up, in words; each says that everything can be typed in. */
import type { Identifier } from '#lib/model/paper/identifiers.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';

const TYPE_IT = 'Everything can be typed in as well.';
/** How many questions a person has in how many seconds. */
export const QUESTIONS = { points: 30, duration: 10 * 60 };

export function withTyping(problem: Problem): Problem {
	return {
		...problem,
		remedy: [problem.remedy?.replace(/,? or type in what you know|^Type in what you know\.$/, ''), TYPE_IT]
			.filter(Boolean)
			.join(' ')
	};
}

export function unknownText(): ProblemError {
	return new ProblemError(400, {
		code: 'paper-identifier',
		title: 'This names no paper that can be looked up.',
		detail: 'DOIs, arXiv identifiers and INSPIRE records are known, alone or as the address of a page.',
		remedy: `Check what you pasted. ${TYPE_IT}`
	});
}

export function missing({ kind, id }: Identifier): ProblemError {
	const name = {
		doi: 'doi.org knows no paper',
		arxiv: 'arXiv has no paper',
		inspire: 'INSPIRE has no record',
		texkey: 'INSPIRE has no record'
	};
	return new ProblemError(404, {
		code: 'paper-unknown',
		title: `${name[kind]} “${id}”.`,
		detail: kind === 'doi' ? 'A new DOI is known everywhere after some hours.' : undefined,
		remedy: `Check what you pasted. ${TYPE_IT}`
	});
}

export function tooMany(waitMs: number): ProblemError {
	return new ProblemError(429, {
		code: 'paper-lookup-limit',
		title: 'You asked for many papers in a short time.',
		detail: `${QUESTIONS.points} questions in ${QUESTIONS.duration / 60} minutes are the most.`,
		remedy: `Ask again in ${waitWords(waitMs)}. ${TYPE_IT}`
	});
}

export function busy(url: string, waitMs: number): ProblemError {
	return new ProblemError(503, {
		code: 'paper-service-busy',
		title: `${new URL(url).hostname} has too much to do.`,
		detail: `It asked to be left alone for ${waitWords(waitMs)}.`,
		remedy: 'Ask again then.'
	});
}

export function wrong(url: string, why: string): ProblemError {
	return new ProblemError(502, {
		code: 'paper-service-answer',
		title: `${new URL(url).hostname} gave no answer that can be used.`,
		detail: why,
		remedy: 'Try again later.'
	});
}

function waitWords(ms: number): string {
	const seconds = Math.max(1, Math.ceil(ms / 1000));
	return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
