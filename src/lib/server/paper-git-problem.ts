/** Why nothing was published from a repository, in words. */
import { ProblemError } from '#lib/model/problem.ts';
import { DATA_LIMITS } from '#lib/model/paper/repository.ts';

/** How many repositories a person has read in how many seconds. */
export const READINGS = { points: 40, duration: 10 * 60 };

const MB = 1_000_000;

export function tooOften(waitMs: number): ProblemError {
	const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
	return new ProblemError(429, {
		code: 'git-limit',
		title: 'You had many repositories read in a short time.',
		detail: `${READINGS.points} in ${READINGS.duration / 60} minutes are the most.`,
		remedy: `Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`
	});
}

export function noEntry(path: string): ProblemError {
	return new ProblemError(422, {
		code: 'entry-unknown',
		title: `There is no notebook “${path}” to publish.`,
		detail:
			'At this commit and below this folder there is no such .ipynb file, or it is a link or too large.',
		remedy: 'Choose one that is listed.'
	});
}

export function noText(path: string): ProblemError {
	return new ProblemError(422, {
		code: 'notebook-invalid',
		title: `“${path}” is no notebook.`,
		detail: 'It is not UTF-8 text, which every notebook is.',
		remedy: 'Choose another one.'
	});
}

export function noFile(path: string, detail: string): ProblemError {
	return new ProblemError(422, {
		code: 'data-file',
		title: `“${path}” cannot be published with the notebook.`,
		detail,
		remedy: 'Choose among the files that are listed.'
	});
}

export function fileTooLarge(path: string): ProblemError {
	return new ProblemError(413, {
		code: 'data-too-large',
		title: `“${path}” is too large to be published with the notebook.`,
		detail: `A data file has at most ${DATA_LIMITS.fileBytes / MB} MB.`,
		remedy: 'Publish a smaller extract, or have the notebook fetch it from an archive such as Zenodo.'
	});
}

export function filesTooLarge(bytes: number): ProblemError {
	return new ProblemError(413, {
		code: 'data-too-large',
		title: 'The data files are too large together.',
		detail: `They have ${Math.ceil(bytes / MB)} MB; at most ${DATA_LIMITS.totalBytes / MB} MB are published.`,
		remedy: 'Leave some out.'
	});
}

export function tooManyFiles(count: number): ProblemError {
	return new ProblemError(422, {
		code: 'data-too-many',
		title: `${count} data files are too many.`,
		detail: `At most ${DATA_LIMITS.files} are published with a notebook.`,
		remedy: 'Leave some out, or put them together in one file.'
	});
}
