/** The only `fetch` of the notebook page: JSON in, JSON out, and every failure a Problem a person can read. */
import { ProblemError, type Problem } from '#lib/model/problem.ts';

export async function api<T>(
	method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
	path: string,
	body?: unknown
): Promise<T> {
	let response: Response;
	try {
		response = await fetch(path, {
			method,
			headers: {
				accept: 'application/json',
				...(body === undefined ? {} : { 'content-type': 'application/json' })
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) })
		});
	} catch (error) {
		throw new ProblemError(0, OFFLINE, { cause: error });
	}
	if (!response.ok) throw new ProblemError(response.status, await problemFrom(response));
	if (response.status === 204) return undefined as T;
	return (await response.json()) as T;
}

export const OFFLINE: Problem = {
	code: 'offline',
	title: 'The server does not answer.',
	detail: 'Your connection may be down, or the server is being restarted.',
	remedy: 'Your edits stay in this tab. Try again in a moment.'
};

/** What a failed answer says went wrong. */
export async function problemFrom(response: Response): Promise<Problem> {
	try {
		const body = (await response.json()) as Partial<Problem> & { message?: string };
		const title = body.title ?? body.message;
		if (typeof title === 'string') {
			return {
				code: typeof body.code === 'string' ? body.code : `http-${response.status}`,
				title,
				...(typeof body.detail === 'string' ? { detail: body.detail } : {}),
				...(typeof body.remedy === 'string' ? { remedy: body.remedy } : {})
			};
		}
	} catch {
		// Not JSON: a proxy in between answered with a page of its own.
	}
	return {
		code: `http-${response.status}`,
		title: 'The server could not do that.',
		detail: `It answered with status ${response.status}.`,
		remedy: 'Try again; if it stays, tell the administrator what you did.'
	};
}

/** What went wrong as a Problem, whatever was thrown. */
export function problemOf(error: unknown): Problem {
	if (error instanceof ProblemError) return error.problem;
	return {
		code: 'unexpected',
		title: 'Something unexpected happened.',
		detail: error instanceof Error ? error.message : String(error),
		remedy: 'Reload the page; your saved work is safe.'
	};
}
