import type { Duplex } from 'node:stream';
import type {
	ConnectOptions,
	ConnectResult,
	KernelListener,
	KernelSubscription
} from '#lib/model/gateway.ts';
import type { JobStatus } from '#lib/model/job.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { SignInMethod, WorkspaceAddress } from '#lib/model/workspace.ts';
import { Attempt } from './attempt.ts';
import { Calls } from './calls.ts';
import { Feed } from './feed.ts';
import type { Refusal, Refused } from './hop.ts';
import { judge } from './host-key.ts';
import { atHop, hopsOf, isSamePlace } from './hops.ts';
import { openLine, startProgram, type AgentSetup, type Line, type Program } from './line.ts';
import type { Frame } from './frames.ts';
import type { Log } from './log.ts';
import { Logins, readLogin } from './login.ts';
import { addressInvalid, hostKeyChanged, hostKeyUnknown, lineLost } from './problems.ts';
import { notConnected, place, signInAgain } from './problems.ts';
import { AgentSession } from './session.ts';
import { Terminals } from './terminals.ts';
import { backoff, type Timing } from './timing.ts';

/**
 * One workspace: at most one line to it, what is asked over it, who listens, and the way back when it breaks.
 * `down`: nobody has logged in. `up`: a line lives. `lost`: it broke and is being tried again, or waits for a person to
 * be there (parked: nothing is scheduled).
 */
export class Link {
	#state: 'down' | 'up' | 'lost' = 'down';
	#setup: AgentSetup;
	#timing: Timing;
	#log: Log;
	#address: WorkspaceAddress | undefined;
	#logins = new Logins();
	/** Wipes what logs in when nobody has come for a long time. */
	#forget: NodeJS.Timeout | undefined;
	#line: Line | undefined;
	#session: AgentSession | undefined;
	#attempt: Attempt | undefined;
	#retry: NodeJS.Timeout | undefined;
	#tries = 0;
	#upSince = 0;
	#calls: Calls;
	#feeds = new Map<string, Feed>();
	readonly terminals: Terminals;

	#onLink: (state: 'up' | 'lost' | 'closed') => void;

	constructor(
		setup: AgentSetup,
		timing: Timing,
		log: Log,
		onLink: (state: 'up' | 'lost' | 'closed') => void = () => {}
	) {
		this.#onLink = onLink;
		this.#setup = setup;
		this.#timing = timing;
		this.#log = log;
		this.#calls = new Calls(timing.resend, () => this.#where());
		const ask = this.ask.bind(this);
		this.terminals = new Terminals(ask, log, () => ({
			state: this.#state === 'down' ? 'closed' : this.#state,
			problem: (this.#state === 'lost' ? lineLost : notConnected)(this.#where())
		}));
	}

	get isUp(): boolean {
		return this.#state === 'up';
	}

	/** What the agent said of itself and its machine, while a line lives. */
	get hello(): Line['hello'] | undefined {
		return this.#line?.hello;
	}

	/** Where it is or was connected to. */
	get address(): WorkspaceAddress | undefined {
		return this.#address;
	}

	/** See KernelGateway.connect. Equal calls at the same time share one try. */
	async connect(address: WorkspaceAddress, options: ConnectOptions = {}): Promise<ConnectResult> {
		if (this.#line && isSamePlace(address, this.#address) && isTrusted(address, this.#line)) {
			this.#address = address;
			return this.#connected(this.#line);
		}
		const current = this.#attempt;
		if (current) {
			const same = current.covers(address, options.signIn);
			if (same) current.join(options.onCheck);
			// whoever signs in in another way does not answer the question any more
			else if (options.signIn && current.isAsking) current.abort.abort();
			const result = await current.result;
			return same ? result : this.connect(address, options);
		}
		if (this.#line) this.disconnect();
		return this.#begin(address, options);
	}

	/** Ends the line and forgets what logs in. Listeners stay and hear `up` when somebody connects again. */
	disconnect(): void {
		this.#attempt?.abort.abort();
		this.#attempt = undefined;
		this.#logins.wipe();
		this.#giveUp(undefined);
	}

	/** See KernelGateway.wake. */
	wake(): void {
		if (this.#state !== 'lost') return;
		if (this.#attempt) this.#attempt.woken = true;
		else void this.#begin(this.#address!, {});
	}

	/** See KernelGateway.forgetSecrets. */
	forgetSecrets(): void {
		clearTimeout(this.#forget);
		this.#logins.forget();
	}

	/** A person does something here: what logs in is kept for a while more. */
	touch(): void {
		clearTimeout(this.#forget);
		const { secrets, secretsUnused } = this.#timing;
		const time = this.#state === 'down' ? secretsUnused : secrets;
		this.#forget = setTimeout(() => this.forgetSecrets(), time);
		this.#forget.unref();
	}

	/** See KernelGateway.dial. */
	async dial(port: number): Promise<Duplex> {
		if (!this.#line) throw new ProblemError(503, notConnected(this.#where()));
		const { transport } = this.#line;
		return transport.forward('127.0.0.1', port).catch((error: unknown) =>
			// Some programs listen on IPv6 alone; where neither answers, the first refusal is said.
			transport.forward('::1', port).catch(() => {
				throw error;
			})
		);
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

	/**
	 * Starts another of our programs beside the agent, over the line there is: `['files']`. It ends with the line.
	 * Rejects with ProblemError: 503 without a line.
	 */
	async command(args: readonly string[]): Promise<Program> {
		const line = this.#line;
		if (!line) {
			const problem = this.#state === 'lost' ? lineLost(this.#where()) : notConnected(this.#where());
			throw new ProblemError(503, problem);
		}
		return startProgram(line.transport, this.#address!, this.#setup, { timing: this.#timing }, args);
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
			link: (state, problem) => ((told = true), listener.link(state, problem)),
			job: (status) => listener.job?.(status)
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

	#begin(address: WorkspaceAddress, options: ConnectOptions): Promise<ConnectResult> {
		clearTimeout(this.#retry);
		const attempt = new Attempt(address, options);
		this.#attempt = attempt;
		return (attempt.result = this.#open(attempt).finally(() => {
			attempt.end();
			if (this.#attempt !== attempt) return;
			this.#attempt = undefined;
			if (!attempt.woken) return;
			this.#tries = 0;
			this.#later();
		}));
	}

	async #open(attempt: Attempt): Promise<ConnectResult> {
		const { address, checks } = attempt;
		const { signal } = attempt.abort;
		const refused = this.#take(attempt);
		if (refused) return this.#failed(attempt, refused);
		const setup = { ...this.#setup, ask: attempt.asker(this.#setup.ask) };
		const opened = await openLine(address, setup, {
			...{ logins: this.#logins, timing: this.#timing, checks, signal }
		});
		if (signal.aborted) {
			if ('line' in opened) opened.line.transport.close();
			return { state: 'failed', problem: notConnected(place(address)) };
		}
		if ('refused' in opened) return this.#failed(attempt, opened);
		const first = this.#state === 'down';
		this.#address = address;
		this.#up(opened.line);
		if (first) this.touch();
		return this.#connected(opened.line);
	}

	/** Takes what the person brought along to what is at hand for the hop it is for. Answers what is wrong with it. */
	#take({ address, signIn, checks }: Attempt): Refused | undefined {
		if (address.kind === 'local') return undefined;
		const hops = hopsOf(address);
		this.#logins.keepOnly(hops);
		if (!signIn) return undefined;
		const hop = hops[signIn.hop];
		if (!hop) return { refused: { state: 'failed', problem: addressInvalid(address) } };
		const read = readLogin(signIn.credential);
		if ('login' in read) {
			this.#logins.of(hop).add(read.login);
			return undefined;
		}
		checks.failed('sign-in', read.problem, hop);
		const methods = [...new Set<SignInMethod>(['password', 'key', signIn.credential.kind])];
		return { refused: { state: 'needs-sign-in', methods, problem: read.problem, ...atHop(hop) } };
	}

	#failed({ address }: Attempt, { refused, nobody = false }: Refused): Refusal {
		const code = 'problem' in refused ? refused.problem?.code : undefined;
		this.#log.info({ workspace: address.id, state: refused.state, code }, 'no connection to the workspace');
		// whoever answers there is not whom these were for
		if (refused.state === 'host-key-changed' || isRevoked(refused)) this.#logins.wipe();
		if (this.#state !== 'lost') this.touch();
		else if (!nobody) this.#refused(refused);
		else this.#tell('lost', 'problem' in refused ? refused.problem : undefined);
		return refused;
	}

	#connected({ hello, keys }: Line): ConnectResult {
		const { host, user, python } = hello;
		return { state: 'connected', host, user, python, hostKey: keys.at(-1)?.fingerprint ?? null };
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
				event: (frame) => this.#hear(frame),
				closed: (reason) => this.#session === session && this.#broken(reason)
			},
			this.#timing
		);
		this.#session = session;
		void line.transport.closed.then((reason) => session.close(reason ?? 'the connection was closed'));
		// what was asked before comes first: a kernel has to be started before it can be followed
		this.#calls.open(session);
		for (const feed of this.#feeds.values()) feed.open(session, this.#where());
		this.terminals.open(session, this.#where());
		this.#tell('up');
	}

	/** What the agent tells beside the events of kernels. */
	#hear(frame: Frame): void {
		const { event, kernel, job } = frame.header;
		if (event === 'job') this.#feeds.get(kernel as string)?.job(job as unknown as JobStatus);
		else this.terminals.take(frame);
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
		this.terminals.lost();
		session?.close('disconnected');
		line?.transport.close();
	}

	#later(): void {
		if (this.#state !== 'lost') return;
		clearTimeout(this.#retry);
		this.#retry = setTimeout(
			() => {
				if (this.#state === 'lost' && !this.#attempt) void this.#begin(this.#address!, {});
			},
			backoff(this.#tries++, this.#timing)
		);
	}

	/** A try to reconnect did not work: what only a person can change ends it, everything else is tried again. */
	#refused(result: Refusal): void {
		const where = this.#where();
		switch (result.state) {
			case 'failed':
				return isRevoked(result) ? this.#giveUp(result.problem) : this.#later();
			case 'needs-sign-in':
				return this.#giveUp(result.problem ?? signInAgain(where));
			case 'host-key-changed':
				return this.#giveUp(
					hostKeyChanged(result, result.fingerprint, result.expected, result.pinned === true)
				);
			case 'host-key-unknown':
				return this.#giveUp(hostKeyUnknown(result, result.fingerprint));
		}
	}

	/** Ends the trying. What was not refused is kept for a while, for the person who has to sign in now. */
	#giveUp(problem: Problem | undefined): void {
		const was = this.#state;
		clearTimeout(this.#retry);
		this.#drop();
		this.#state = 'down';
		this.#tries = 0;
		this.touch();
		this.#calls.end(problem ?? notConnected(this.#where()));
		if (was !== 'down') this.#tell('closed', problem);
	}

	#tell(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		for (const feed of [...this.#feeds.values()]) feed.link(state, problem);
		this.#onLink(state);
		this.terminals.link(state, problem);
	}
}

/** Whether the keys a line was made with still count: one may have been revoked, or another pinned, since. */
function isTrusted(address: WorkspaceAddress, { keys }: Line): boolean {
	if (address.kind === 'local') return true;
	return hopsOf(address).every(({ trust }, index) => {
		const { is } = judge(trust, keys[index]!);
		return is !== 'revoked' && !(is === 'changed' && trust.pinned.length > 0);
	});
}

function isRevoked(result: Refusal): result is Refusal & { state: 'failed' } {
	return result.state === 'failed' && result.problem.code === 'ssh-host-key-revoked';
}
