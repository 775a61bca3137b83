/** Every request: who is asking, whether they may, and the headers every answer carries. */
import { redirect, type Handle, type HandleServerError } from '@sveltejs/kit';
import { ProblemError } from '#lib/model/problem.ts';
import { isPublicRoute } from '#lib/server/public-routes.ts';
import { runningServices } from '#lib/server/running.ts';

const HEADERS: Record<string, string> = {
	'X-Content-Type-Options': 'nosniff',
	'Referrer-Policy': 'same-origin',
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Resource-Policy': 'same-origin'
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export const handle: Handle = async ({ event, resolve }) => {
	const { services } = runningServices();
	event.locals.services = services;
	event.locals.caller = null;
	const { cookies, request, url } = event;

	const bearer = /^(?:Bearer|token) (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
	if (bearer) {
		event.locals.caller = await services.accounts.validateToken(bearer);
	} else {
		const { caller, cookie } = await services.accounts.validate(cookies.get(services.accounts.cookieName));
		event.locals.caller = caller;
		if (cookie) cookies.set(cookie.name, cookie.value, cookie.attributes);
	}

	// A cookie comes along from any site; a change must come from ours. Tokens are never sent by a browser alone.
	if (!bearer && !SAFE_METHODS.has(request.method)) {
		const origin = request.headers.get('origin');
		if (origin !== services.site.origin && origin !== url.origin) return crossSite();
	}

	if (!event.locals.caller && !isPublicRoute(event.route.id)) {
		if (url.pathname.startsWith('/api/') || !SAFE_METHODS.has(request.method)) return signInFirst();
		redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
	}

	const response = await resolve(event);
	for (const [name, value] of Object.entries(HEADERS)) {
		if (!response.headers.has(name)) response.headers.set(name, value);
	}
	return response;
};

/** A fault of ours keeps its insides to the log; what a person can act on is a ProblemError and passes through. */
export const handleError: HandleServerError = ({ error: fault, status }) => {
	if (fault instanceof ProblemError) {
		const { code, title, detail, remedy } = fault.problem;
		return { message: title, code, detail, remedy };
	}
	if (status === 404) return { message: 'There is no such page.', remedy: 'Check the address.' };
	runningServices().log.error({ err: fault }, 'a request failed');
	return {
		message: 'Something went wrong on our side.',
		detail: 'It is in the server log.',
		remedy: 'Try again in a moment.'
	};
};

function signInFirst(): Response {
	return problem(401, {
		code: 'sign-in',
		title: 'Sign in first.',
		detail: 'The request carries neither a session nor a valid token.',
		remedy: 'Sign in, or send an API token as a Bearer token.'
	});
}

function crossSite(): Response {
	return problem(403, {
		code: 'cross-site',
		title: 'This request comes from another site.',
		remedy: 'Open the page of this server and do it there.'
	});
}

function problem(status: number, body: { code: string; title: string; detail?: string; remedy?: string }): Response {
	return new Response(JSON.stringify({ type: `urn:ansatz:problem:${body.code}`, status, ...body }), {
		status,
		headers: { ...HEADERS, 'Content-Type': 'application/problem+json' }
	});
}

