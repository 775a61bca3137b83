/** What every endpoint shares: who may ask, and errors as RFC 9457 problems. */
import { isHttpError, isRedirect, type RequestEvent } from '@sveltejs/kit';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { Scope } from '#lib/server/openapi-route.ts';
import { runningServices } from '#lib/server/running.ts';
import type { Caller } from '#lib/server/services.ts';
import { refusalOf } from '../problem-of.ts';

/**
 * An endpoint for callers with `scope`. What the handler returns becomes JSON, `undefined` an empty 204, a Response goes
 * out as it is; what it throws becomes a problem.
 */
export function endpoint<E extends RequestEvent>(
	scope: Scope,
	handler: (event: E, caller: Caller) => Promise<unknown> | unknown
): (event: E) => Promise<Response> {
	return (event) => answered(() => handler(event, requireScope(event.locals.caller, scope)));
}

/** An endpoint for everybody; null is a caller nobody knows, or whose token may not read. */
export function openEndpoint<E extends RequestEvent>(
	handler: (event: E, caller: Caller | null) => Promise<unknown> | unknown
): (event: E) => Promise<Response> {
	return (event) => {
		const { caller } = event.locals;
		const may = caller && (caller.scopes === 'all' || caller.scopes.includes('read'));
		return answered(() => handler(event, may ? caller : null));
	};
}

async function answered(work: () => unknown): Promise<Response> {
	try {
		const answer = await work();
		if (answer instanceof Response) return answer;
		return answer === undefined ? new Response(null, { status: 204 }) : json(answer);
	} catch (error) {
		return refusal(error);
	}
}

/** The caller, when there is one and their token may do this. A session may do all its person may. */
export function requireScope(caller: Caller | null, scope: Scope): Caller {
	if (!caller) {
		throw new ProblemError(401, {
			code: 'sign-in',
			title: 'Sign in first.',
			remedy: 'Sign in, or send an API token as a Bearer token.'
		});
	}
	if (caller.scopes === 'all' || caller.scopes.includes(scope)) return caller;
	throw new ProblemError(403, {
		code: 'scope',
		title: `This token may not do that: it lacks the scope “${scope}”.`,
		detail: `Its scopes are ${caller.scopes.join(', ') || 'none'}.`,
		remedy: 'Make a token with that scope under Account.'
	});
}

/** JSON that no cache keeps: every answer depends on who asks. */
export function json(
	value: unknown,
	init: { status?: number; headers?: Record<string, string> } = {}
): Response {
	return new Response(JSON.stringify(value), {
		status: init.status ?? 200,
		headers: { 'content-type': 'application/json', 'cache-control': 'private, no-store', ...init.headers }
	});
}

/** A problem as an answer. */
export function problemResponse(status: number, problem: Problem): Response {
	return new Response(JSON.stringify({ type: `urn:ansatz:problem:${problem.code}`, status, ...problem }), {
		status,
		headers: {
			'content-type': 'application/problem+json',
			'cache-control': 'private, no-store',
			// There may be a rest of the body on the line that nobody will read.
			...(status === 413 ? { connection: 'close' } : {})
		}
	});
}

function refusal(error: unknown): Response {
	const refused = refusalOf(error);
	if (refused) return problemResponse(refused.status, refused.problem);
	if (isRedirect(error)) throw error;
	if (isHttpError(error)) {
		return problemResponse(error.status, { code: `http-${error.status}`, title: error.body.message });
	}
	runningServices().log.error({ err: error }, 'a request failed');
	return problemResponse(500, {
		code: 'internal',
		title: 'Something went wrong on our side.',
		detail: 'It is in the server log.',
		remedy: 'Try again in a moment.'
	});
}
