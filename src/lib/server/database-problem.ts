/** What an operator can mend when the database cannot be reached. */
import { ProblemError } from '#lib/model/problem.ts';

const REMEDY = 'Check DATABASE_URL, and that the database runs and takes connections from here.';

/**
 * A fault as a sentence; what is not about reaching the database comes back as it is. `url` is only
 * read for its host, because it holds a password.
 */
export function databaseProblem(fault: unknown, url: string | null): unknown {
	const codes = [...causes(fault)].map((cause) => String((cause as { code?: unknown }).code ?? ''));
	const detail = codes.map((code) => WORDS.find(([pattern]) => pattern.test(code))?.[1]).find(Boolean);
	if (detail === undefined) return fault;
	const host = url !== null && URL.canParse(url) ? ` at ${new URL(url).host || 'its socket'}` : '';
	return new ProblemError(
		500,
		{ code: 'database', title: `The database${host} cannot be used.`, detail, remedy: REMEDY },
		{ cause: fault }
	);
}

/** System errors, postgres.js's own, and SQLSTATEs of https://www.postgresql.org/docs/18/errcodes-appendix.html */
const WORDS: [RegExp, string][] = [
	[/^ECONNREFUSED$/, 'Nothing listens there.'],
	[/^(ENOTFOUND|EAI_AGAIN)$/, 'There is no machine of that name.'],
	[/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT)$/, 'It does not answer.'],
	[/^(ECONNRESET|CONNECTION_CLOSED|CONNECTION_ENDED)$/, 'It closed the connection.'],
	[/^(28P01|28000)$/, 'It does not accept this user and password.'],
	[/^3D000$/, 'There is no database of that name.'],
	[/^42501$/, 'This user may not make tables in it.'],
	[/^53300$/, 'It has no connection left to give.'],
	[/^57P0[123]$/, 'It is starting or stopping.']
];

function* causes(fault: unknown): Generator<object> {
	for (let at = fault; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause) {
		yield at;
		if (at instanceof AggregateError) for (const inner of at.errors) yield* causes(inner);
	}
}
