/** Why a repository could not be read, in words. */
import { ProblemError } from '#lib/model/problem.ts';
import type { GitOutcome } from './git-jail.ts';

/** What git said on its standard error (LC_ALL=C), and what that means. */
const MEANINGS: [pattern: RegExp, status: number, code: string, title: string, remedy: string][] = [
	[
		/could not read Username|Authentication failed|terminal prompts disabled|returned error: 40[13]|unable to get password/,
		404,
		'git-private',
		'The repository is not there, or not for everybody.',
		'Check the address. Repositories that want a password cannot be published from.'
	],
	[
		/repository .* not found|returned error: 404|not valid: is this a git repository|does not appear to be a git repository/i,
		404,
		'git-unknown',
		'There is no git repository at this address.',
		'Check the address: it is the one that `git clone` takes.'
	],
	[
		/couldn't find remote ref|not our ref|Server does not allow request for unadvertised object|no such remote ref|bad object/i,
		404,
		'git-ref-unknown',
		'The repository has no such commit, tag or branch.',
		'Check the name. Some servers hand out commits only that a branch or tag points at: name the tag then.'
	],
	[
		/returned error: 30\d|unable to update url base from redirection/,
		502,
		'git-moved',
		'The repository is at another address.',
		'Open its page and copy the address for `git clone`.'
	],
	[
		/SSL certificate problem|certificate verif|unable to get local issuer|no alternative certificate subject name/i,
		502,
		'git-certificate',
		'The certificate of the server is not trusted.',
		'Ask whoever runs it.'
	],
	[
		/Could not resolve host|Failed to connect|Couldn't connect|Connection refused|timed out|Empty reply|early EOF|hung up|RPC failed|unexpected disconnect/i,
		502,
		'git-unreachable',
		'The server of the repository cannot be reached.',
		'Try again later. Perhaps this server has no way to the Internet.'
	]
];

/** A ProblemError for an outcome that is no success. */
export function gitProblem(outcome: GitOutcome, maxBytes: number): ProblemError {
	if (outcome.missing) {
		return new ProblemError(501, {
			code: 'git-missing',
			title: 'Git is not installed on this server.',
			remedy: 'Ask its operator. On Debian or Ubuntu: apt-get install git'
		});
	}
	if (outcome.stopped === 'time') {
		return new ProblemError(504, {
			code: 'git-timeout',
			title: 'It took too long to read the repository.',
			detail: 'The server is slow, or the repository is too large.',
			remedy: 'Try again later, or publish from a smaller repository.'
		});
	}
	if (outcome.stopped) return tooLarge(`It has more than ${Math.round(maxBytes / 1024 / 1024)} MB.`);
	const found = MEANINGS.find(([pattern]) => pattern.test(outcome.stderr));
	const said = lastLine(outcome.stderr);
	if (found) {
		const [, status, code, title, remedy] = found;
		return new ProblemError(status, { code, title, detail: said && `Git says: ${said}.`, remedy });
	}
	return new ProblemError(502, {
		code: 'git-failed',
		title: 'The repository could not be read.',
		detail: said ? `Git says: ${said}.` : 'Git ended without a reason.',
		remedy: 'Check the address, or try again later.'
	});
}

export function tooLarge(detail: string): ProblemError {
	return new ProblemError(413, {
		code: 'git-too-large',
		title: 'The repository is too large.',
		detail,
		remedy: 'Publish from a smaller repository, or name a folder of it.'
	});
}

export function badRequest(code: string, title: string, remedy: string): ProblemError {
	return new ProblemError(400, { code, title, remedy });
}

/** The last thing that git complained of: one line, without control characters and without our paths. */
function lastLine(stderr: string): string {
	const lines = stderr
		.split(/[\r\n]+/)
		.map((line) => line.replace(/\p{Cc}/gu, '').trim())
		.filter(
			(line) =>
				line !== '' &&
				!/^(remote: )?(Enumerating|Counting|Compressing|Receiving|Resolving|warning:)/.test(line)
		);
	const line = lines.findLast((each) => /^(fatal|error|remote):/.test(each)) ?? lines.at(-1) ?? '';
	return line
		.replace(/^(fatal|error|remote):\s*/, '')
		.replace(/\/\S*\/git-\w{6}\S*/g, '…')
		.replace(/[.\s]+$/, '')
		.slice(0, 300);
}
