/** Every request: who is asking, whether they may, and the headers every answer carries. */
import { redirect, type Handle, type HandleServerError } from '@sveltejs/kit';
import type { Problem } from '#lib/model/problem.ts';
import { isEmbedPage, isPublicRoute, isSharedRoute } from '#lib/server/public-routes.ts';
import { mayGuest } from '#lib/server/guest-rules.ts';
import { runningServices } from '#lib/server/running.ts';

const HEADERS: Record<string, string> = {
	'X-Content-Type-Options': 'nosniff',
	'Referrer-Policy': 'same-origin',
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Resource-Policy': 'same-origin',
	// What an answer says depends on who asks, unless it says otherwise itself.
	'Cache-Control': 'private, no-cache'
};

/** Of pages that others show in theirs: nothing runs, nothing is sent, and anybody may be around. */
const EMBED_POLICY = [
	"default-src 'none'",
	"style-src 'self' 'unsafe-inline'",
	"img-src 'self' data:",
	"font-src 'self' data:",
	"frame-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	'frame-ancestors *'
].join('; ');

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export const handle: Handle = async ({ event, resolve }) => {
	// SvelteKit leads such an address past its own net: whatever is thrown on the way would end the process.
	if (!isDecodable(event.url.pathname)) return problem(400, MALFORMED);
	const { services } = runningServices();
	event.locals.services = services;
	event.locals.caller = null;
	const { cookies, request, url } = event;

	const shared = isSharedRoute(event.route.id);
	const embed = isEmbedPage(event.route.id);

	// A token is for the HTTP interface, where every call asks for its scope; pages and their forms do not.
	const isApi = url.pathname.startsWith('/api/');
	const bearer = isApi && /^(?:Bearer|token) (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
	if (bearer) {
		event.locals.caller = await services.accounts.validateToken(bearer);
	} else {
		const { caller, cookie } = await services.accounts.validate(cookies.get(services.accounts.cookieName));
		event.locals.caller = caller;
		// Not on what may be kept on the way: it would be everybody's.
		if (cookie && !shared) cookies.set(cookie.name, cookie.value, cookie.attributes);
	}

	// A cookie comes along from any site; a change must come from ours. Tokens are never sent by a browser alone.
	if (!bearer && !SAFE_METHODS.has(request.method)) {
		const origin = request.headers.get('origin');
		if (origin !== services.site.origin && origin !== url.origin) return problem(403, CROSS_SITE);
	}

	if (!event.locals.caller && !isPublicRoute(event.route.id)) {
		if (isApi || !SAFE_METHODS.has(request.method)) return problem(401, SIGN_IN);
		redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
	}
	if (event.locals.caller?.user.guestUntil && !mayGuest(event.route.id, request.method)) {
		if (isApi || !SAFE_METHODS.has(request.method)) return problem(403, GUEST);
		redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
	}
	if (isApi && event.route.id === null) return problem(404, NO_SUCH_CALL);

	// Read here and not by the layout alone: a page that is made in the browser has no layout on the server.
	const { caller } = event.locals;
	event.locals.preferences =
		caller && !isApi && SAFE_METHODS.has(request.method) ? await services.preferences.everywhere(caller) : {};
	const response = await resolve(event, {
		transformPageChunk: ({ html }) =>
			embed
				? asEmbed(html, url.searchParams.get('theme'))
				: shared
					? asShared(html)
					: html.replace('%ansatz.theme%', themeMarks(event.locals))
	});
	if (embed && response.ok) response.headers.set('content-security-policy', EMBED_POLICY);
	if (isApi && response.status === 405) return problem(405, NO_SUCH_METHOD, response.headers.get('allow'));
	for (const [name, value] of Object.entries(HEADERS)) {
		if (!response.headers.has(name)) response.headers.set(name, value);
	}
	return response;
};

function isDecodable(path: string): boolean {
	try {
		// its value is looked at: a call for nothing is left out of the build
		return decodeURI(path) !== '';
	} catch {
		return false;
	}
}

/** The same for everybody, byte for byte: no marks of a person, and no script with a number of its own for each answer. */
function asShared(html: string): string {
	return html
		.replace(' %ansatz.theme%', '')
		.replace(/<script nonce="[^"]*">[^]*?<\/script>/, '<script src="/theme.js"></script>');
}

/** Without any script: the theme is that of the reader's system, or what the page around asks for. */
function asEmbed(html: string, theme: string | null): string {
	const chosen = theme === 'light' || theme === 'dark' ? ` data-theme="${theme}"` : '';
	return html.replace(' %ansatz.theme%', chosen).replace(/<script nonce="[^"]*">[^]*?<\/script>/, '');
}

/** For the first paint: the theme of whoever is signed in. */
function themeMarks({ caller, preferences: { theme } }: App.Locals): string {
	if (!caller) return '';
	return theme === undefined || theme === 'system'
		? 'data-signed-in'
		: `data-signed-in data-theme="${theme}"`;
}

/** A fault of ours keeps its insides to the log; what a person can act on is a ProblemError and passes through. */
export const handleError: HandleServerError = ({ error: fault, status }) => {
	// By its name: the services throw the class of another module graph than this one.
	if (fault instanceof Error && fault.name === 'ProblemError') {
		const { code, title, detail, remedy } = (fault as Error & { problem: Problem }).problem;
		return { message: title, code, detail, remedy };
	}
	if (status === 404) return { message: 'There is no such page.', remedy: 'Check the address.' };
	if (status === 405)
		return { message: 'This address does not take that.', remedy: 'Go back and try again.' };
	runningServices().log.error({ err: fault }, 'a request failed');
	return {
		message: 'Something went wrong on our side.',
		detail: 'It is in the server log.',
		remedy: 'Try again in a moment.'
	};
};

const MALFORMED: Problem = {
	code: 'address-malformed',
	title: 'This address cannot be read.',
	detail: 'What stands behind a % in it is no UTF-8.',
	remedy: 'Check the address.'
};

const SIGN_IN: Problem = {
	code: 'sign-in',
	title: 'Sign in first.',
	detail: 'The request carries neither a session nor a valid token.',
	remedy: 'Sign in, or send an API token as a Bearer token.'
};

const GUEST: Problem = {
	code: 'guest',
	title: 'Guests may not do that.',
	detail: 'A guest has one notebook, for some minutes.',
	remedy: 'Sign in.'
};

const CROSS_SITE: Problem = {
	code: 'cross-site',
	title: 'This request comes from another site.',
	remedy: 'Open the page of this server and do it there.'
};

const NO_SUCH_CALL: Problem = {
	code: 'call-unknown',
	title: 'There is no such call.',
	detail: 'Nothing is at this address.',
	remedy: 'The page /api lists all calls.'
};

const NO_SUCH_METHOD: Problem = {
	code: 'method',
	title: 'This address does not take that method.',
	remedy: 'The page /api says which it takes.'
};

function problem(status: number, body: Problem, allow: string | null = null): Response {
	return new Response(JSON.stringify({ type: `urn:ansatz:problem:${body.code}`, status, ...body }), {
		status,
		headers: {
			...HEADERS,
			'Content-Type': 'application/problem+json',
			'Cache-Control': 'private, no-store',
			...(allow ? { Allow: allow } : {})
		}
	});
}
