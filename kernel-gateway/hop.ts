import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Algorithms } from 'ssh2';
import type { ConnectResult } from '#lib/model/gateway.ts';
import type { KnownKey } from '#lib/model/workspace.ts';
import { Authentication, type SignInTools } from './authentication.ts';
import type { Checks } from './checks.ts';
import { hostKeyAlgorithms, judge, readHostKey, type Verdict } from './host-key.ts';
import { atHop, type Hop } from './hops.ts';
import { useKeyObjects } from './key-objects.ts';
import type { AccountLogins } from './login.ts';
import { connectionProblem, hostKeyChanged, hostKeyRevoked, hostKeyUnknown } from './problems.ts';
import type { Timing } from './timing.ts';

export type Refusal = Exclude<ConnectResult, { state: 'connected' }>;

/** Why there is no connection. `nobody`: it would need an answer of a person, and none was there. */
export interface Refused {
	refused: Refusal;
	nobody?: boolean;
}

/** Logged in at one hop. */
export interface OpenHop {
	client: ssh2.Client;
	socket: Duplex;
	key: KnownKey;
	/** Resolves when this connection is gone, with the reason where one is known. */
	closed: Promise<string | undefined>;
}

/**
 * Shakes hands and logs in over a connection that exists. The host key is judged before anything about the account is
 * said; unless it is known, the connection ends there. Without a login only the way `none` is tried, which tells what is
 * offered. Never rejects; `signal` gives up at once (state `failed`).
 */
export function openHop(
	hop: Hop,
	socket: Duplex,
	logins: AccountLogins,
	tools: SignInTools,
	timing: Timing,
	checks: Checks,
	signal: AbortSignal,
	/** Whether this connection is to notice itself when the other side falls silent. */
	keepalive: boolean
): Promise<OpenHop | Refused> {
	return new Promise((resolve) => {
		const client = new ssh2.Client();
		let key: KnownKey | undefined;
		let verdict: Verdict | undefined;
		let greeted = false;
		let failure: Error | undefined;
		let settled = false;
		let deadline: NodeJS.Timeout | undefined;
		let tellClosed!: (reason?: string) => void;
		const closed = new Promise<string | undefined>((tell) => (tellClosed = tell));

		const settle = (result: OpenHop | Refused): void => {
			if (settled) return;
			settled = true;
			clearTimeout(deadline);
			signal.removeEventListener('abort', abort);
			authentication.close();
			if ('refused' in result) {
				report(result.refused);
				hangUp({ client, socket });
			} else checks.ok('sign-in', `as ${hop.user}`, hop);
			resolve(result);
		};
		const report = (refusal: Refusal): void => {
			const problem =
				'problem' in refusal && refusal.problem
					? refusal.problem
					: key && refusal.state === 'host-key-unknown'
						? hostKeyUnknown(hop, key.fingerprint)
						: key && refusal.state === 'host-key-changed'
							? hostKeyChanged(hop, key.fingerprint, refusal.expected, refusal.pinned === true)
							: { title: `${hop.host} wants you to sign in.`, remedy: 'Sign in.' };
			const reached = verdict?.is === 'known' ? 'sign-in' : key ? 'host-key' : 'reachable';
			checks.failed(reached, problem, hop);
		};
		const fail = (): void => {
			if (settled) return;
			const at = atHop(hop);
			if (key && verdict?.is === 'unknown') {
				settle({ refused: { state: 'host-key-unknown', ...key, ...at } });
			} else if (key && verdict?.is === 'changed') {
				const { expected, pinned } = verdict;
				settle({
					refused: { state: 'host-key-changed', ...key, expected, ...(pinned ? { pinned } : {}), ...at }
				});
			} else if (key && verdict?.is === 'revoked') {
				settle({ refused: { state: 'failed', problem: hostKeyRevoked(hop, key.fingerprint) } });
			} else if (authentication.over) {
				const { methods, problem, nobody } = authentication.result();
				settle({
					refused: { state: 'needs-sign-in', methods, ...at, ...(problem ? { problem } : {}) },
					nobody
				});
			} else {
				const error = failure ?? new Error('the other side closed the connection');
				const problem = connectionProblem(hop, error, { connected: true, greeted });
				settle({ refused: { state: 'failed', problem } });
			}
		};
		const abort = (): void => {
			failure ??= new Error('given up');
			fail();
		};
		/** A person may take their time; a machine may not. */
		const wait = (limit: number): void => {
			clearTimeout(deadline);
			deadline = setTimeout(() => {
				failure ??= new Error('it took too long to answer');
				fail();
			}, limit);
		};
		const authentication = new Authentication(hop, logins, tools, {
			waiting(waits) {
				if (settled) return;
				wait(waits ? timing.answer : timing.connect);
				checks.doing('sign-in', waits ? 'Waiting for your answer' : `Signing in as ${hop.user}`, hop);
			},
			giveUp: fail
		});

		client.on('error', (error) => {
			failure ??= error;
			// over a dead connection of the hop before, this one is never said to be closed
			tellClosed(error.message);
			fail();
		});
		const over = (): void => {
			tellClosed(failure?.message);
			fail();
		};
		client.on('close', over);
		// a channel through a jump host only ends: its close would wait for ours
		client.on('end', over);
		client.on('ready', () => {
			useKeyObjects(client);
			settle({ client, socket, key: key!, closed });
		});
		client.on('change password', () => authentication.passwordExpired());
		if (signal.aborted) return abort();
		signal.addEventListener('abort', abort);
		wait(timing.connect);
		client.connect({
			sock: socket,
			username: hop.user,
			readyTimeout: 0,
			keepaliveInterval: keepalive ? timing.keepalive : 0,
			keepaliveCountMax: 3,
			algorithms: { serverHostKey: hostKeyAlgorithms(hop.trust) as Algorithms['serverHostKey'] & string[] },
			hostVerifier: (blob: Buffer) => {
				greeted = true;
				key = readHostKey(blob);
				checks.ok('reachable', `${hop.host}, port ${hop.port}`, hop);
				checks.doing('host-key', `Checking the key of ${hop.host}`, hop);
				verdict = judge(hop.trust, key);
				if (verdict.is !== 'known') return false;
				checks.ok('host-key', `${key.keyType} ${key.fingerprint}`, hop);
				checks.doing('sign-in', `Signing in as ${hop.user}`, hop);
				return true;
			},
			authHandler: (left, partly, next) => {
				void authentication.next(left, partly, next as (way: unknown) => void);
			}
		});
		// the protocol object exists from here on; the greeting is the first thing a server says
		socket.once('data', (chunk: Buffer) => (greeted = greeted || chunk.includes('SSH-')));
	});
}

/** Says goodbye and closes, without waiting for the other side: a half-open line would keep the socket for many minutes. */
export function hangUp({ client, socket }: Pick<OpenHop, 'client' | 'socket'>): void {
	client.end();
	if (socket instanceof Socket) socket.destroySoon();
	else socket.destroy();
}
