/** Headers on their way through the proxy of ports: what is between two machines only, and what is between us and the browser. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** Our own cookie on the service's origin. `__Host-` (RFC 6265bis section 4.1.3.2) keeps siblings from setting it. */
export const passName = (secure: boolean): string => (secure ? '__Host-ansatz-port' : 'ansatz-port');
const OURS = /^(?:__Host-)?ansatz-/i;

/** RFC 9110 section 7.6.1: these are for one connection. */
const HOP = [
	'connection',
	'keep-alive',
	'proxy-authenticate',
	'proxy-authorization',
	'proxy-connection',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade'
];

function withoutHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
	const named = String(headers.connection ?? '')
		.split(',')
		.map((name) => name.trim().toLowerCase());
	return Object.fromEntries(
		Object.entries(headers).filter(([name]) => !HOP.includes(name) && !named.includes(name))
	);
}

/** What the service hears: as if its page had been opened on its own machine, and nothing of ours. */
export function towardsService(
	headers: IncomingHttpHeaders,
	{ origin, port, upgrade }: { origin: string; port: number; upgrade: boolean }
): OutgoingHttpHeaders {
	const own = `http://localhost:${port}`;
	const { cookie, ...rest } = withoutHop(headers);
	const cookies = (cookie ?? '').split(/;\s*/).filter((pair) => pair !== '' && !OURS.test(pair));
	const out: OutgoingHttpHeaders = { ...rest, host: `localhost:${port}` };
	if (cookies.length > 0) out.cookie = cookies.join('; ');
	if (headers.origin === origin) out.origin = own;
	if (headers.referer?.startsWith(`${origin}/`)) out.referer = own + headers.referer.slice(origin.length);
	out['x-forwarded-proto'] = origin.split(':')[0];
	out['x-forwarded-host'] = headers.host;
	if (upgrade) Object.assign(out, { connection: 'Upgrade', upgrade: headers.upgrade });
	return out;
}

/** What the browser hears: cookies for this host alone, addresses of the service as ours, nothing that outlives it. */
export function towardsBrowser(headers: IncomingHttpHeaders, port: number): OutgoingHttpHeaders {
	const out: OutgoingHttpHeaders = withoutHop(headers);
	for (const name of ['strict-transport-security', 'public-key-pins', 'alt-svc', 'clear-site-data'])
		delete out[name];
	const cookies = (headers['set-cookie'] ?? [])
		.filter((cookie) => !OURS.test(cookie.trim()))
		.map((cookie) => cookie.replace(/;\s*domain=[^;]*/gi, ''));
	delete out['set-cookie'];
	if (cookies.length > 0) out['set-cookie'] = cookies;
	const local = new RegExp(
		`^https?://(?:localhost|127\\.0\\.0\\.1|0\\.0\\.0\\.0|\\[::1\\]):${port}(?=/|$)`,
		'i'
	);
	if (headers.location) out.location = headers.location.replace(local, '') || '/';
	out['referrer-policy'] ??= 'same-origin';
	return out;
}

/**
 * Whether a request may come in on its cookie. Sibling services share our site, so SameSite does not keep them apart:
 * Fetch Metadata does (W3C Fetch Metadata section 2), and Origin where a browser sends none of it.
 */
export function isFromItself(headers: IncomingHttpHeaders, method: string, origin: string): boolean {
	const site = headers['sec-fetch-site'];
	const safe = method === 'GET' || method === 'HEAD';
	if (typeof site === 'string') {
		if (site === 'same-origin' || site === 'none') return true;
		return safe && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
	}
	return headers.origin === undefined ? safe : headers.origin === origin;
}
