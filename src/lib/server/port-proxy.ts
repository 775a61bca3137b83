/**
 * Web services of workspaces in the browser: requests to a host name of the port zone go down the connection to the
 * workspace and on to its loopback address. Nothing of the application is served there, and nothing of the service here.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { portPath } from '#lib/model/port-path.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { readCookie } from './cookie.ts';
import { isFromItself, passName, towardsBrowser, towardsService } from './port-headers.ts';
import type { PortPasses } from './port-passes.ts';
import { placeOfHost, portOrigin, safePath, type PortPlace, type PortZone } from './port-place.ts';

/** The only path of a service's origin that is ours: where a ticket becomes a cookie. */
export const ENTRY = '/.ansatz/enter';

export interface PortProxyOptions {
	zone: PortZone | null;
	/** The application's origin, where people are sent to be let in. */
	origin: string;
	passes: PortPasses;
	/** See KernelGateway.dial. */
	dial(workspace: string, port: number, kernel: string | null): Promise<Duplex>;
	logger: { warn(fields: object, message: string): void };
}

export class PortProxy {
	#options: PortProxyOptions;
	/** Open upgraded connections by the digest of the pass that let them in. */
	#open = new Map<string, Set<Duplex>>();

	constructor(options: PortProxyOptions) {
		this.#options = options;
		options.passes.onEnded((digest) => {
			for (const socket of this.#open.get(digest) ?? []) socket.destroy();
		});
	}

	/** Answers a request whose host is in the zone; false leaves it to the application. */
	handle(request: IncomingMessage, response: ServerResponse): boolean {
		const place = placeOfHost(this.#options.zone, request.headers.host);
		if (place === undefined) return false;
		response.on('error', () => response.destroy());
		if (place === null) refuse(response, 404, 'No service has this address.');
		else if (request.url?.startsWith(`${ENTRY}?`)) this.#enter(request, response, place);
		else if (!this.#mayPass(request, place)) this.#send(request, response, place);
		else this.#relay(request, response, place);
		return true;
	}

	/** Takes over an upgrade whose host is in the zone; false leaves it to the gate. */
	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
		const place = placeOfHost(this.#options.zone, request.headers.host);
		if (place === undefined) return false;
		socket.on('error', () => socket.destroy());
		const digest = place && this.#mayPass(request, place);
		// A script of any site can open a socket, and its cookies go along: the Origin must be the service's own.
		if (!digest || request.headers.origin !== this.#originOf(place)) {
			socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
		} else void this.#relayUpgrade(request, socket, head, place, digest);
		return true;
	}

	#originOf(place: PortPlace): string {
		return portOrigin(this.#options.zone!, place);
	}

	get #cookie(): string {
		return passName(this.#options.zone!.protocol === 'https:');
	}

	#mayPass(request: IncomingMessage, place: PortPlace): string | null {
		const digest = this.#options.passes.check(readCookie(request.headers.cookie, this.#cookie), place);
		return digest && isFromItself(request.headers, request.method ?? 'GET', this.#originOf(place))
			? digest
			: null;
	}

	/** Without a pass: a page that is opened asks the application for one, everything else is told no. */
	#send(request: IncomingMessage, response: ServerResponse, place: PortPlace): void {
		const { method, headers } = request;
		const opened = method === 'GET' && (headers['sec-fetch-mode'] ?? 'navigate') === 'navigate';
		if (!opened || !(headers.accept ?? '').includes('text/html')) {
			return refuse(response, 401, 'The pass for this service has ended. Reload the page.');
		}
		const to = encodeURIComponent(safePath(request.url ?? '/'));
		response.writeHead(302, {
			Location: `${this.#options.origin}${portPath(place)}?to=${to}`,
			'Cache-Control': 'no-store'
		});
		response.end();
	}

	#enter(request: IncomingMessage, response: ServerResponse, place: PortPlace): void {
		const { searchParams } = new URL(request.url!, 'http://here');
		const pass = this.#options.passes.redeem(searchParams.get('ticket') ?? '', place);
		if (!pass)
			return refuse(
				response,
				403,
				'This link has been used or is too old. Open the service from its workspace.'
			);
		const secure = this.#options.zone!.protocol === 'https:' ? '; Secure' : '';
		response.writeHead(302, {
			'Set-Cookie': `${this.#cookie}=${pass}; Path=/; HttpOnly; SameSite=Lax${secure}`,
			Location: safePath(searchParams.get('to')),
			'Cache-Control': 'no-store',
			'Referrer-Policy': 'no-referrer'
		});
		response.end();
	}

	#relay(request: IncomingMessage, response: ServerResponse, place: PortPlace): void {
		this.#dial(place).then(
			(socket) => {
				const outgoing = httpRequest({
					createConnection: () => socket as never,
					method: request.method,
					path: request.url,
					headers: {
						...towardsService(request.headers, {
							origin: this.#originOf(place),
							port: place.port,
							upgrade: false
						}),
						connection: 'close'
					},
					setHost: false
				});
				outgoing.on('response', (incoming) => {
					response.writeHead(
						incoming.statusCode ?? 502,
						incoming.statusMessage,
						towardsBrowser(incoming.headers, place.port)
					);
					incoming.pipe(response);
					incoming.on('error', () => response.destroy());
				});
				outgoing.on('error', (error) => {
					if (response.headersSent) response.destroy();
					else
						refuse(
							response,
							502,
							`The service on port ${place.port} ended the connection (${error.message}).`
						);
				});
				response.on('close', () => outgoing.destroy());
				request.pipe(outgoing);
			},
			(error: unknown) => refuse(response, 502, this.#words(error, place))
		);
	}

	async #relayUpgrade(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
		place: PortPlace,
		digest: string
	): Promise<void> {
		let service: Duplex;
		try {
			service = await this.#dial(place);
		} catch (error) {
			const text = this.#words(error, place);
			socket.end(
				`HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
					`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
			);
			return;
		}
		const origin = this.#originOf(place);
		const headers = towardsService(request.headers, { origin, port: place.port, upgrade: true });
		const lines = Object.entries(headers).flatMap(([name, value]) =>
			value === undefined ? [] : [value].flat().map((one) => `${name}: ${one}`)
		);
		service.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
		if (head.length > 0) service.write(head);
		const opened = this.#open.get(digest) ?? new Set();
		this.#open.set(digest, opened.add(socket));
		const end = (): void => {
			// told by both sides: by the second time the set in the map may be another one
			if (opened.delete(socket) && opened.size === 0) this.#open.delete(digest);
			socket.destroy();
			service.destroy();
		};
		for (const side of [socket, service]) side.on('close', end).on('error', end);
		service.pipe(socket).pipe(service);
	}

	#dial({ workspace, kernel, port }: PortPlace): Promise<Duplex> {
		return this.#options.dial(workspace, port, kernel);
	}

	#words(error: unknown, { port }: PortPlace): string {
		if (error instanceof ProblemError) return sentence(error.problem);
		this.#options.logger.warn({ err: error }, 'a port of a workspace could not be reached');
		return `Nothing answers on port ${port} of the workspace.`;
	}
}

function sentence({ title, detail, remedy }: Problem): string {
	return [title, detail, remedy].filter(Boolean).join(' ');
}

function refuse(response: ServerResponse, status: number, text: string): void {
	if (response.headersSent) return void response.destroy();
	response.writeHead(status, {
		'Content-Type': 'text/plain; charset=utf-8',
		'X-Content-Type-Options': 'nosniff',
		'Cache-Control': 'no-store'
	});
	response.end(`${text}\n`);
}
