/** One https request of this server to a host on a list, with limits on time and size. The one file that asks the web. */
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '#lib/model/problem.ts';
import { outboundAddresses, type AddressRules } from './outbound-address.ts';

export interface OutboundRules extends AddressRules {
	/** Host names that may be asked, with the port where it is not 443. Redirects lead to these only. */
	hosts: readonly string[];
	userAgent: string;
	/** For all of it, redirects and looking names up included, in milliseconds. */
	timeoutMs: number;
	maxBytes: number;
	/** For tests: whose certificates are trusted instead of the usual ones. */
	ca?: string;
}

export interface OutboundAnswer {
	status: number;
	/** In lower case, without parameters. */
	contentType: string;
	/** `Retry-After` in milliseconds from now; null where it is missing. */
	retryAfterMs: number | null;
	body: Buffer;
	/** Who answered in the end. */
	host: string;
}

const MOST_REDIRECTS = 5;
/** A day: who asks for more may be asked again tomorrow. */
const MOST_RETRY_MS = 24 * 60 * 60 * 1000;

/**
 * GET a page. Rejects with a ProblemError: `outbound-host` for a host that is not listed (also after a redirect), those of
 * outboundAddresses, `outbound-timeout`, `outbound-size`, `outbound-answer` for what is no answer, `outbound-failed` when the
 * connection cannot be made or breaks. Any status that is no redirect is an answer.
 */
export async function getOutbound(
	url: string,
	accept: string,
	rules: OutboundRules
): Promise<OutboundAnswer> {
	const signal = AbortSignal.timeout(rules.timeoutMs);
	let next = new URL(url);
	try {
		for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
			checkUrl(next, rules, redirects > 0);
			const addresses = await beforeAbort(outboundAddresses(next.hostname, rules), signal);
			const { response, body } = await get(next, accept, addresses, rules, signal);
			const { statusCode: status = 0, headers } = response;
			if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) {
				return {
					status,
					contentType: (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase(),
					retryAfterMs: retryAfter(headers['retry-after']),
					body,
					host: next.hostname
				};
			}
			if (!URL.canParse(headers.location, next)) throw unusable(next, 'it redirects to what is no address');
			next = new URL(headers.location, next);
		}
		throw unusable(next, `it redirects more than ${MOST_REDIRECTS} times`);
	} catch (error) {
		if (error instanceof ProblemError) throw error;
		throw signal.aborted ? tooSlow(next, rules) : failed(next, error);
	}
}

function checkUrl(url: URL, { hosts }: OutboundRules, redirected: boolean): void {
	const listed =
		url.protocol === 'https:' && url.username === '' && url.password === '' && hosts.includes(url.host);
	if (listed) return;
	throw new ProblemError(502, {
		code: 'outbound-host',
		title: redirected ? `The answer is elsewhere: at ${url.host}.` : `${url.host} is not asked.`,
		detail: `This server asks ${hosts.join(', ')} only, and by https only.`,
		remedy: 'Type in what you know.'
	});
}

function get(
	url: URL,
	accept: string,
	addresses: string[],
	{ userAgent, maxBytes, ca }: OutboundRules,
	signal: AbortSignal
): Promise<{ response: IncomingMessage; body: Buffer }> {
	return new Promise((resolve, reject) => {
		const request = https.request(url, {
			signal,
			ca,
			// no connection is kept: the next request checks its own addresses
			agent: false,
			headers: { accept, 'accept-encoding': 'identity', 'user-agent': headerText(userAgent) },
			lookup: (_host, { all }, done) => {
				const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
				if (all) done(null, found);
				else done(null, found[0]!.address, found[0]!.family);
			}
		});
		request.on('error', reject);
		request.on('response', (response) => {
			const fail = (problem: ProblemError): void => {
				// first said, then broken off: that the connection broke is not the reason
				reject(problem);
				response.destroy();
			};
			const encoding = response.headers['content-encoding'] ?? 'identity';
			if (encoding !== 'identity') return fail(unusable(url, `it is packed (${headerText(encoding)})`));
			if (Number(response.headers['content-length']) > maxBytes) return fail(tooLarge(url, maxBytes));
			const pieces: Buffer[] = [];
			let bytes = 0;
			response.on('data', (piece: Buffer) => {
				bytes += piece.length;
				if (bytes > maxBytes) fail(tooLarge(url, maxBytes));
				else pieces.push(piece);
			});
			response.on('end', () => resolve({ response, body: Buffer.concat(pieces) }));
			response.on('error', reject);
			response.on('aborted', () => reject(new Error('the connection broke')));
		});
		request.end();
	});
}

/** The promise, or a rejection as soon as the time is over: looking a name up cannot be stopped. */
function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise((resolve, reject) => {
		const stop = (): void => reject(new Error('too slow'));
		if (signal.aborted) return stop();
		signal.addEventListener('abort', stop, { once: true });
		promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
	});
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | undefined): number | null {
	if (value === undefined) return null;
	const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
	return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MOST_RETRY_MS);
}

function headerText(text: string): string {
	return text.replace(/[^\u0020-\u007e]/g, '').slice(0, 300);
}

function unusable({ host }: URL, why: string): ProblemError {
	return new ProblemError(502, {
		code: 'outbound-answer',
		title: `${host} gave no answer that can be used.`,
		detail: `This is why: ${why}.`,
		remedy: 'Try again later, or type in what you know.'
	});
}

function tooSlow({ host }: URL, { timeoutMs }: OutboundRules): ProblemError {
	return new ProblemError(504, {
		code: 'outbound-timeout',
		title: `${host} did not answer in time.`,
		detail: `There was no whole answer within ${Math.round(timeoutMs / 1000)} seconds.`,
		remedy: 'Try again later, or type in what you know.'
	});
}

function tooLarge({ host }: URL, maxBytes: number): ProblemError {
	return new ProblemError(502, {
		code: 'outbound-size',
		title: `The answer of ${host} is too large.`,
		detail: `It has more than ${Math.round(maxBytes / 1024)} kB.`,
		remedy: 'Type in what you know.'
	});
}

function failed({ host }: URL, error: unknown): ProblemError {
	const { code, message } = error as NodeJS.ErrnoException;
	return new ProblemError(
		502,
		{
			code: 'outbound-failed',
			title: `${host} cannot be reached.`,
			detail: `The connection could not be made or broke (${code ?? message}). Perhaps this server has no way to the Internet.`,
			remedy: 'Try again later, or type in what you know.'
		},
		{ cause: error }
	);
}
