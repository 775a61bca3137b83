/** What people are told when something with a file does not work. */
import type { FileProblemCode } from '#lib/model/files.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { refusal } from './problems.ts';

const KNOWN: Record<Exclude<FileProblemCode, 'other'> | 'offset' | 'no-module', [number, string, string]> = {
	exists: [409, 'There is something of this name already.', 'Choose another name.'],
	missing: [
		404,
		'There is no such file or folder.',
		'Look at the folder again; it may have been moved or deleted.'
	],
	denied: [403, 'The account may not do this.', 'Ask the owner of the file, or choose another folder.'],
	full: [507, 'The disk of the workspace is full.', 'Delete something there, and empty the trash.'],
	quota: [507, 'The quota of the account is used up.', 'Delete something there, and empty the trash.'],
	'not-empty': [409, 'The folder is not empty.', 'Delete what is in it first.'],
	'not-a-folder': [409, 'This is not a folder.', 'Choose a folder.'],
	'is-a-folder': [409, 'This is a folder.', 'Choose a file.'],
	'bad-name': [400, 'This is not a path the workspace takes.', 'Choose another name.'],
	changed: [412, 'The file was changed by somebody else.', 'Look at the file as it is now, then save again.'],
	'read-only': [403, 'The file system can only be read.', 'Choose another folder.'],
	slow: [
		504,
		'The file system of the workspace does not answer.',
		'Try again later; a network disk may hang.'
	],
	offset: [409, 'The upload is at another place.', 'Ask where it is, and go on from there.'],
	'no-module': [
		422,
		'A Python package to read this is missing on the workspace.',
		'Install it in an environment there.'
	]
};

/** A refusal of the files worker as an exception; `version` is that of a file that has changed. */
export function fileRefusal(where: string, error: Record<string, unknown>): ProblemError {
	const code = String(error.code);
	if (!(code in KNOWN) && code !== 'other') return refusal(where, error);
	const [status, title, remedy] = KNOWN[code as keyof typeof KNOWN] ?? [
		502,
		'This was not possible.',
		undefined
	];
	const problem: Problem & Record<string, unknown> = {
		code: `file-${code}`,
		title,
		detail: String(error.message)
	};
	if (remedy) problem.remedy = remedy;
	if (error.version !== undefined) problem.version = error.version;
	if (error.offset !== undefined) problem.offset = error.offset;
	return new ProblemError(status, problem);
}
