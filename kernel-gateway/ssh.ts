import dns from 'node:dns';
import net from 'node:net';
import ssh2, { type AnyAuthMethod, type ClientChannel, type ParsedKey } from 'ssh2';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { ConnectResult } from '#lib/model/gateway.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import { isSameKey, readHostKey, type HostKey } from './host-key.ts';
import {
	addressInvalid,
	connectionProblem,
	keyRefused,
	methodNotOffered,
	moreFactors,
	noChannel,
	portRefused,
	passwordRefused
} from './problems.ts';
import type { Timing } from './timing.ts';
import { tail, type Command, type Transport } from './transport.ts';

/** What logs in, ready to be used: a key is already decrypted, so that a reconnect costs nothing. */
export type Login = { kind: 'password'; password: string } | { kind: 'key'; key: ParsedKey };

export type SshAddress = Extract<WorkspaceAddress, { kind: 'ssh' }>;

/**
 * Says no, with the problem to show, to an address that may not be reached from this server (its own database, the
 * metadata service of a cloud). Asked for every IP address a name stands for, and the one asked about is the one used.
 */
export type Permit = (target: { host: string; port: number; ip: string }) => Problem | undefined;

/** An open line, or why there is none: the same answers as `KernelGateway.connect`. */
export type SshResult =
	{ state: 'open'; transport: Transport; hostKey: string } | Exclude<ConnectResult, { state: 'connected' }>;

/**
 * Connects and logs in. The host key is compared before anything about the account is said; with no accepted key, or
 * another one, the connection ends there. Without a login only the way `none` is tried, which tells what is offered.
 * Never rejects; `signal` gives up at once (state `failed`).
 */
export function openSsh(
	address: SshAddress,
	login: Login | undefined,
	timing: Timing,
	signal: AbortSignal,
	permit: Permit = () => undefined
): Promise<SshResult> {
	const { host, port } = address;
	const sane =
		host.trim() !== '' && address.user !== '' && Number.isInteger(port) && port > 0 && port < 65536;
	const accepted = address.trust.at(-1)?.accepted[0]?.fingerprint ?? null;
	const hop = { hop: address.jumps.length, host, port, user: address.user };
	if (!sane) return Promise.resolve({ state: 'failed', problem: addressInvalid(address) });
	return new Promise((resolve) => {
		let denied: Problem | undefined;
		const seen = { connected: false, greeted: false };
		let hostKey: HostKey | undefined;
		let failure: Error | undefined;
		let settled = false;
		const lookup: net.LookupFunction = (name, options, done) => {
			dns.lookup(name, { ...options, all: true }, (error, found) => {
				for (const { address: ip } of found ?? []) denied ??= permit({ host, port, ip });
				if (error ?? denied) done(error ?? new Error('not permitted'), []);
				else if (options.all) done(null, found);
				else done(null, found[0]!.address, found[0]!.family);
			});
		};
		if (net.isIP(host)) denied = permit({ host, port, ip: host });
		if (denied) return resolve({ state: 'failed', problem: denied });
		const socket = net.connect({ host, port, lookup, noDelay: true });
		const client = new ssh2.Client();
		const attempt = new Attempt(address, login, () => fail());
		let tellClosed!: (reason?: string) => void;
		const closed = new Promise<string | undefined>((tell) => (tellClosed = tell));

		const settle = (result: SshResult): void => {
			if (settled) return;
			settled = true;
			signal.removeEventListener('abort', abort);
			if (result.state !== 'open') {
				client.end();
				socket.destroySoon();
			}
			resolve(result);
		};
		const fail = (): void => {
			if (hostKey && accepted === null) settle({ state: 'host-key-unknown', ...hostKey, ...hop });
			else if (hostKey && !isSameKey(hostKey.fingerprint, accepted!)) {
				settle({ state: 'host-key-changed', ...hostKey, expected: accepted!, ...hop });
			} else if (denied) settle({ state: 'failed', problem: denied });
			else if (attempt.over) settle(attempt.result());
			else {
				const error = failure ?? new Error('the other side closed the connection');
				settle({ state: 'failed', problem: connectionProblem(address, error, seen) });
			}
		};
		const abort = (): void => {
			failure = new Error('given up');
			socket.destroy();
			fail();
		};
		if (signal.aborted) abort();
		signal.addEventListener('abort', abort);

		socket.once('connect', () => (seen.connected = true));
		client.on('error', (error) => {
			failure ??= error;
			fail();
		});
		client.on('close', () => {
			tellClosed(failure?.message);
			fail();
		});
		client.on('ready', () => {
			settle({
				state: 'open',
				transport: overClient(client, socket, address, closed),
				hostKey: hostKey!.fingerprint
			});
		});
		client.connect({
			sock: socket,
			username: address.user,
			readyTimeout: timing.connect,
			keepaliveInterval: timing.keepalive,
			keepaliveCountMax: 3,
			hostVerifier: (blob: Buffer) => {
				seen.greeted = true;
				hostKey = readHostKey(blob);
				return accepted !== null && isSameKey(hostKey.fingerprint, accepted);
			},
			authHandler: (left, partly, next) => next(attempt.next(left, partly) as AnyAuthMethod)
		});
		// without it small frames wait for the acknowledgement of the one before: 44 ms instead of 0.3
		client.setNoDelay(true);
		// the protocol object exists from here on; the greeting is the first thing a server says
		socket.once('data', (chunk: Buffer) => (seen.greeted = chunk.includes('SSH-')));
	});
}

/** One authentication: which way to try, and what a refusal means. Each secret is offered once. */
class Attempt {
	/** The server has said no, or asked for what we cannot give. */
	over = false;
	#problem: Problem | undefined;
	#offered: string[] = [];
	#tried = false;
	#address: SshAddress;
	#login: Login | undefined;
	#giveUp: () => void;

	constructor(address: SshAddress, login: Login | undefined, giveUp: () => void) {
		this.#address = address;
		this.#login = login;
		this.#giveUp = giveUp;
	}

	result(): SshResult {
		const methods: ('password' | 'key')[] = [];
		if (this.#offered.includes('password') || this.#offered.includes('keyboard-interactive'))
			methods.push('password');
		if (this.#offered.includes('publickey')) methods.push('key');
		const { host, port, user, jumps } = this.#address;
		const hop = { hop: jumps.length, host, port, user };
		return { state: 'needs-sign-in', methods, ...hop, ...(this.#problem ? { problem: this.#problem } : {}) };
	}

	/** ssh2 asks what to send next; `false` ends it with an error. `left` is null before the first answer. */
	next(left: string[] | null, partly: boolean | null): AnyAuthMethod | false {
		const login = this.#login;
		const username = this.#address.user;
		if (left === null) return { type: 'none', username };
		if (!this.#tried) this.#offered = left;
		if (!login) return this.#end();
		if (partly) return this.#end(moreFactors(this.#address));
		if (this.#tried)
			return this.#end(login.kind === 'key' ? keyRefused(this.#address) : passwordRefused(this.#address));
		this.#tried = true;
		if (login.kind === 'key' && left.includes('publickey')) {
			return { type: 'publickey', username, key: login.key as unknown as Buffer };
		}
		if (login.kind === 'password' && left.includes('password')) {
			return { type: 'password', username, password: login.password };
		}
		if (login.kind === 'password' && left.includes('keyboard-interactive')) {
			return { type: 'keyboard-interactive', username, prompt: this.#keyboard(login.password) };
		}
		return this.#end(methodNotOffered(this.#address, login.kind, left));
	}

	/** Answers one hidden question, the password. A second one, or one that shows what is typed, asks for something else. */
	#keyboard(password: string) {
		let asked = false;
		return (
			_name: string,
			_instructions: string,
			_language: string,
			prompts: { prompt: string; echo?: boolean }[],
			finish: (answers: string[]) => void
		): void => {
			if (!asked && prompts.length === 1 && !prompts[0]!.echo) {
				asked = true;
				return finish([password]);
			}
			this.#end(moreFactors(this.#address));
			this.#giveUp();
		};
	}

	#end(problem?: Problem): false {
		this.over = true;
		this.#problem = problem;
		return false;
	}
}

function overClient(
	client: ssh2.Client,
	socket: net.Socket,
	address: SshAddress,
	closed: Promise<string | undefined>
): Transport {
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
					reject(new ProblemError(502, portRefused(`${address.user}@${address.host}`, port, error.message)));
				try {
					client.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
						error ? refuse(error) : resolve(channel)
					);
				} catch (error) {
					refuse(error as Error);
				}
			}),
		close() {
			client.end();
			// a half-open line would keep the socket for many minutes
			socket.destroySoon();
		}
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
