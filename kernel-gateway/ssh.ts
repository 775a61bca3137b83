import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { KnownKey } from '#lib/model/workspace.ts';
import type { SignInTools } from './authentication.ts';
import type { Checks } from './checks.ts';
import { connectFirst } from './first-socket.ts';
import { hangUp, openHop, type OpenHop, type Refused } from './hop.ts';
import { hopsOf, isSane, type Hop, type SshAddress } from './hops.ts';
import type { Logins } from './login.ts';
import { ALLOW_ALL, type Permit } from './permit.ts';
import { addressInvalid, hopUnreachable, noChannel, place, portRefused } from './problems.ts';
import type { Timing } from './timing.ts';
import { tail, type Command, type Transport } from './transport.ts';

/** What one try by SSH needs to know. */
export interface SshTry {
	address: SshAddress;
	logins: Logins;
	tools: SignInTools;
	timing: Timing;
	permit: Permit | undefined;
	checks: Checks;
	signal: AbortSignal;
}

/** An open line and the keys that were verified on the way, or why there is none. */
export type SshResult = { transport: Transport; keys: KnownKey[] } | Refused;

/**
 * Connects and logs in, hop by hop, each over the connection of the one before; a host's key is verified before anything
 * about the account there is said. Never rejects; `signal` gives up at once (state `failed`).
 */
export async function openSsh(the: SshTry): Promise<SshResult> {
	const { address, checks, signal, timing } = the;
	const permit = the.permit ?? ALLOW_ALL;
	const hops = hopsOf(address);
	const refuse = (problem: Problem, hop: Hop): Refused => {
		checks.failed('reachable', problem, hop);
		return { refused: { state: 'failed', problem } };
	};
	for (const hop of hops) {
		if (!isSane(hop)) return refuse(addressInvalid(hop), hop);
		const { index, host, port } = hop;
		const denied = index > 0 && permit({ host, port, ip: undefined, privileged: address.privileged });
		if (denied) return refuse(denied, hop);
	}
	const open: OpenHop[] = [];
	const giveUp = (): void => open.reverse().forEach(hangUp);
	for (const hop of hops) {
		checks.doing('reachable', `Connecting to ${hop.host}`, hop);
		const before = open.at(-1);
		const reached = before
			? await forward(before.client, hop, hops[hop.index - 1]!, timing.connect, signal)
			: await connectFirst(hop, permit, address.privileged, timing.connect, signal);
		if ('problem' in reached) {
			giveUp();
			return refuse(reached.problem, hop);
		}
		const outer = hop.index === 0 || hop.index === hops.length - 1;
		const logins = the.logins.of(hop);
		const opened = await openHop(hop, reached.socket, logins, the.tools, timing, checks, signal, outer);
		if ('refused' in opened) {
			giveUp();
			return opened;
		}
		open.push(opened);
	}
	return { transport: overClients(address, open), keys: open.map(({ key }) => key) };
}

/** A connection made by one hop to the next. Never rejects. */
function forward(
	client: Client,
	hop: Hop,
	via: Hop,
	limit: number,
	signal: AbortSignal
): Promise<{ socket: Duplex } | { problem: Problem }> {
	return new Promise((resolve) => {
		const fail = (reason: string): void => {
			clearTimeout(deadline);
			signal.removeEventListener('abort', abort);
			resolve({ problem: hopUnreachable(hop, via, reason) });
		};
		const abort = (): void => fail('given up');
		const deadline = setTimeout(() => fail('it took too long to answer'), limit);
		if (signal.aborted) return abort();
		signal.addEventListener('abort', abort);
		try {
			client.forwardOut('127.0.0.1', 0, hop.host, hop.port, (error, channel) => {
				if (error) return fail(refusalOf(error));
				clearTimeout(deadline);
				signal.removeEventListener('abort', abort);
				resolve({ socket: channel });
			});
		} catch (error) {
			fail((error as Error).message);
		}
	});
}

/** Why a channel was not opened (RFC 4254 section 5.1): the number says more than OpenSSH's words for it. */
function refusalOf(error: Error & { reason?: unknown }): string {
	const words = error.message.replace(/^\(SSH\) Channel open failure: /, '');
	return error.reason === 1 ? `forwarding is not allowed (${words})` : words;
}

/** Commands and connections go over the last client; when any of them is gone, all are. */
function overClients(address: SshAddress, open: OpenHop[]): Transport {
	const { client } = open.at(-1)!;
	const close = (): void => [...open].reverse().forEach(hangUp);
	const closed = Promise.race(open.map((hop) => hop.closed));
	void closed.then(close);
	return {
		closed,
		exec: (command) =>
			new Promise((resolve, reject) => {
				const refuse = (error: Error): void =>
					reject(new ProblemError(502, noChannel(address, error.message)));
				try {
					client.exec(command, (error, channel) =>
						error ? refuse(error) : resolve(asCommand(channel, closed))
					);
				} catch (error) {
					refuse(error as Error);
				}
			}),
		forward: (host, port) =>
			new Promise((resolve, reject) => {
				const refuse = (error: Error): void =>
					reject(new ProblemError(502, portRefused(place(address), port, refusalOf(error))));
				try {
					client.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
						error ? refuse(error) : resolve(channel)
					);
				} catch (error) {
					refuse(error as Error);
				}
			}),
		close
	};
}

function asCommand(channel: ClientChannel, closed: Promise<unknown>): Command {
	let code: number | null = null;
	channel.on('exit', (status: number | null) => (code = status));
	channel.on('error', () => {});
	const ended = new Promise<void>((resolve) => channel.once('close', () => resolve()));
	return {
		input: channel,
		output: channel,
		errorText: tail(channel.stderr),
		ended: Promise.race([ended, closed]).then(() => ({ code })),
		kill: () => channel.close()
	};
}
