import type { Duplex } from 'node:stream';
import type {
	AtHop,
	ConnectOptions,
	ConnectResult,
	KernelListener,
	KernelSubscription
} from '#lib/model/gateway.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { Credential, WorkspaceAddress } from '#lib/model/workspace.ts';
import { Calls } from './calls.ts';
import { Feed } from './feed.ts';
import { openLine, type AgentSetup, type Line } from './line.ts';
import type { Log } from './log.ts';
import { readPrivateKey } from './private-key.ts';
import { hostKeyChanged, hostKeyUnknown, lineLost, notConnected, place } from './problems.ts';
import { AgentSession } from './session.ts';
import type { Login } from './ssh.ts';
import { backoff, type Timing } from './timing.ts';

type Refusal = Exclude<ConnectResult, { state: 'connected' }>;

/** A try to connect that is under way, shared by all who ask for the same. */
interface Attempt {
	address: WorkspaceAddress;
	credential: Credential | undefined;
	result: Promise<ConnectResult>;
	abort: AbortController;
}

/**
 * One workspace: at most one line to it, what is asked over it, who listens, and the way back when it breaks.
 * `down`: nobody has logged in. `up`: a line lives. `lost`: it broke and is being tried again.
 */
export class Link {
	#state: 'down' | 'up' | 'lost' = 'down';
	#setup: AgentSetup;
	#timing: Timing;
	#log: Log;
	#address: WorkspaceAddress | undefined;
	#login: Login | undefined;
	#line: Line | undefined;
	#session: AgentSession | undefined;
	#attempt: Attempt | undefined;
	#retry: NodeJS.Timeout | undefined;
	#tries = 0;
	#upSince = 0;
	#calls: Calls;
	#feeds = new Map<string, Feed>();

	constructor(setup: AgentSetup, timing: Timing, log: Log) {
		this.#setup = setup;
		this.#timing = timing;
		this.#log = log;
		this.#calls = new Calls(timing.resend, () => this.#where());
	}

	get isUp(): boolean {
		return this.#state === 'up';
	}

	/** See KernelGateway.connect. Equal calls at the same time share one try. */
	async connect(address: WorkspaceAddress, options: ConnectOptions = {}): Promise<ConnectResult> {
		const credential = options.signIn?.credential;
		if (this.#line && isSamePlace(address, this.#address)) return this.#connected(this.#line);
		const current = this.#attempt;
		if (current) {
			const result = await current.result;
			const same = JSON.stringify(current.address) === JSON.stringify(address);
			if (same && (!credential || JSON.stringify(current.credential) === JSON.stringify(credential)))
				return result;
			return this.connect(address, options);
		}
		if (this.#line) this.disconnect();
		return this.#begin(address, credential);
	}

	/** Ends the line and forgets what logs in. Listeners stay and hear `up` when somebody connects again. */
	disconnect(): void {
		this.#attempt?.abort.abort();
		this.#attempt = undefined;
		this.#giveUp(undefined);
	}

	/** A person is there: try again now. */
	wake(): void {
		if (this.#state !== 'lost' || this.#attempt) return;
		void this.#begin(this.#address!, undefined);
	}

	/** The line stays up; a reconnect will need a sign-in. */
	forgetSecrets(): void {
		this.#login = undefined;
	}

	/** See KernelGateway.dial. */
	async dial(port: number): Promise<Duplex> {
		if (!this.#line) throw new ProblemError(503, notConnected(this.#where()));
		return this.#line.transport.forward('127.0.0.1', port);
	}

	/** Asks the agent. `again` says that asking twice does no harm: then a lost line is waited for. Rejects with ProblemError. */
	ask(
		method: string,
		params: JsonObject,
		again = false,
		attachments: readonly Uint8Array[] = []
	): Promise<JsonObject> {
		return this.#calls.ask(method, params, again, this.#state, attachments);
	}

	subscribe(kernel: string, after: number, listener: KernelListener): KernelSubscription {
		let feed = this.#feeds.get(kernel);
		if (!feed) {
			const made = new Feed(kernel, this.#log, () => {
				if (this.#feeds.get(kernel) === made) this.#feeds.delete(kernel);
			});
			this.#feeds.set(kernel, (feed = made));
			if (this.#session) made.open(this.#session, this.#where());
		}
		let told = false;
		const first: KernelListener = {
			events: (events) => listener.events(events),
			link: (state, problem) => ((told = true), listener.link(state, problem))
		};
		const subscription = feed.join(after, first);
		// whoever subscribes while there is no line has to learn that, but not before it holds the subscription
		queueMicrotask(() => {
			if (told || this.#state === 'up') return;
			if (this.#state === 'lost') first.link('lost');
			else if (!this.#attempt) first.link('closed', notConnected(this.#where()));
		});
		return subscription;
	}

	#where(): string {
		return this.#address ? place(this.#address) : 'the workspace';
	}

	#begin(address: WorkspaceAddress, credential: Credential | undefined): Promise<ConnectResult> {
		clearTimeout(this.#retry);
		const abort = new AbortController();
		const result = this.#open(address, credential, abort.signal).finally(() => {
			if (this.#attempt === attempt) this.#attempt = undefined;
		});
		const attempt: Attempt = { address, credential, abort, result };
		this.#attempt = attempt;
		return result;
	}

	async #open(
		address: WorkspaceAddress,
		credential: Credential | undefined,
		signal: AbortSignal
	): Promise<ConnectResult> {
		const { login, problem } = this.#prepare(address, credential);
		if (problem)
			return this.#failed(address, {
				...{ state: 'needs-sign-in', methods: ['password', 'key'], problem },
				...hopOf(address)
			});
		const opened = await openLine(address, login, this.#setup, this.#timing, signal);
		if (signal.aborted) {
			if ('line' in opened) opened.line.transport.close();
			return { state: 'failed', problem: notConnected(place(address)) };
		}
		if ('line' in opened) {
			this.#address = address;
			this.#login = login;
			this.#up(opened.line);
			return this.#connected(opened.line);
		}
		return this.#failed(address, opened.result);
	}

	#failed(address: WorkspaceAddress, result: Refusal): Refusal {
		this.#log.info({ workspace: address.id, state: result.state }, 'no connection to the workspace');
		if (this.#state === 'lost') this.#refused(result);
		return result;
	}

	/** The key is decrypted once; with an unknown host key nothing about the account is needed yet. */
	#prepare(
		address: WorkspaceAddress,
		credential: Credential | undefined
	): { login?: Login | undefined; problem?: Problem } {
		if (!credential) return isSamePlace(address, this.#address) ? { login: this.#login } : {};
		if (address.kind === 'local' || !address.trust.at(-1)?.accepted.length) return {};
		if (credential.kind === 'password') return { login: { kind: 'password', password: credential.password } };
		if (credential.kind !== 'key') return {};
		const read = readPrivateKey(credential.privateKey, credential.passphrase);
		return 'key' in read ? { login: { kind: 'key', key: read.key } } : read;
	}

	#connected({ hello, hostKey }: Line): ConnectResult {
		return { state: 'connected', host: hello.host, user: hello.user, python: hello.python, hostKey };
	}

	#up(line: Line): void {
		this.#line = line;
		this.#state = 'up';
		this.#upSince = Date.now();
		const session: AgentSession = new AgentSession(
			line.command,
			{
				events: (kernel: string, events: KernelEvent[], bytes: number) =>
					this.#feeds.get(kernel)?.take(events, bytes),
				closed: (reason) => this.#session === session && this.#broken(reason)
			},
			this.#timing
		);
		this.#session = session;
		void line.transport.closed.then((reason) => session.close(reason ?? 'the connection was closed'));
		// what was asked before comes first: a kernel has to be started before it can be followed
		this.#calls.open(session);
		for (const feed of this.#feeds.values()) feed.open(session, this.#where());
		this.#tell('up');
	}

	#broken(reason: string): void {
		this.#log.info({ workspace: this.#address?.id, reason }, 'the connection to the workspace is lost');
		this.#drop();
		this.#state = 'lost';
		if (Date.now() - this.#upSince >= this.#timing.steady) this.#tries = 0;
		this.#calls.lost(lineLost(this.#where()));
		this.#tell('lost');
		this.#later();
	}

	#drop(): void {
		const line = this.#line;
		const session = this.#session;
		this.#line = this.#session = undefined;
		for (const feed of this.#feeds.values()) feed.lost();
		session?.close('disconnected');
		line?.transport.close();
	}

	#later(): void {
		if (this.#state !== 'lost') return;
		clearTimeout(this.#retry);
		this.#retry = setTimeout(
			() => {
				if (this.#state === 'lost' && !this.#attempt) void this.#begin(this.#address!, undefined);
			},
			backoff(this.#tries++, this.#timing)
		);
	}

	/** A try to reconnect did not work: what only a person can change ends it, everything else is tried again. */
	#refused(result: Refusal): void {
		const where = this.#where();
		switch (result.state) {
			case 'failed':
				return this.#later();
			case 'needs-sign-in':
				return this.#giveUp(result.problem ?? notConnected(where));
			case 'host-key-changed':
				return this.#giveUp(hostKeyChanged(where, result.fingerprint, result.expected));
			case 'host-key-unknown':
				return this.#giveUp(hostKeyUnknown(where, result.fingerprint));
		}
	}

	#giveUp(problem: Problem | undefined): void {
		const was = this.#state;
		clearTimeout(this.#retry);
		this.#drop();
		this.#state = 'down';
		this.#login = undefined;
		this.#tries = 0;
		this.#calls.end(problem ?? notConnected(this.#where()));
		if (was !== 'down') this.#tell('closed', problem);
	}

	#tell(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		for (const feed of [...this.#feeds.values()]) feed.link(state, problem);
	}
}

function hopOf(address: WorkspaceAddress): AtHop {
	if (address.kind === 'local') return { hop: 0, host: 'localhost', port: 0, user: '' };
	const { host, port, user, jumps } = address;
	return { hop: jumps.length, host, port, user };
}

/** Whether a line to one address is also one to the other. */
function isSamePlace(one: WorkspaceAddress, other: WorkspaceAddress | undefined): boolean {
	if (one.kind === 'local' || other?.kind !== 'ssh') return one.kind === other?.kind;
	return one.host === other.host && one.port === other.port && one.user === other.user;
}
