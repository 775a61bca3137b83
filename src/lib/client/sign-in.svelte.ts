/**
 * One person's way into a workspace, step by step: look at host keys, sign in at every hop, answer what the machine asks.
 * A key of this browser that got in before is tried by itself, so that nothing has to be typed.
 */
import { CHECKS, type CheckLine } from '#lib/model/check-list.ts';
import type { ConnectResult } from '#lib/model/gateway.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { Credential, SignInMethod } from '#lib/model/workspace.ts';
import { api, problemOf } from './api.ts';
import { askDesk } from './ask-desk.svelte.ts';
import { accountOf, browserName } from './browser-key.ts';
import { browserKeys } from './browser-keys.svelte.ts';
import { withLine } from './check-words.ts';
import { personLine } from './person-line.svelte.ts';
import { hopsOf, type WaysIn, type WorkspaceListing } from './workspace-listing.ts';

interface ConnectBody {
	accept?: { hop: number; fingerprint: string; keyType: string; replace?: true };
	signIn?: { hop: number; credential: Credential };
}

export class SignInFlow {
	row = $state.raw<WorkspaceListing | null>(null);
	ways = $state.raw<WaysIn>({ system: false, agent: false });
	result = $state.raw<ConnectResult | null>(null);
	problem = $state.raw<Problem | null>(null);
	checks = $state.raw<CheckLine[]>([]);
	busy = $state(false);
	/** How the person means to sign in at this hop, once they chose. */
	chosen = $state<SignInMethod | null>(null);
	/** The key of this browser is being added to the machine. */
	adding = $state(false);
	/** What came of adding it, where it was asked for. */
	added = $state.raw<'done' | Problem | null>(null);

	readonly workspace: string;
	readonly #stops: (() => void)[] = [];
	/** Answers to an attempt that was given up are not heard. */
	#attempt = 0;
	#wantsKey = false;
	/** Hops at which the key of this browser was tried by itself. */
	readonly #tried = new Set<number>();

	constructor(workspace: string) {
		this.workspace = workspace;
	}

	/** Begin; `row` saves a look at the list where the caller has it. */
	async start(row: WorkspaceListing | null = null): Promise<void> {
		this.row = row;
		this.#stops.push(
			askDesk.claim(this.workspace),
			personLine.on('check', ({ workspace, line }) => {
				if (workspace === this.workspace && this.busy) this.checks = withLine(this.checks, line);
			})
		);
		const listed = this.#list();
		const keys = browserKeys.load().catch(() => {
			// Without the list of keys one signs in otherwise; the server's silence shows in the attempt itself.
		});
		await Promise.all([this.connect({}, Promise.all([listed, keys])), listed]);
	}

	/** Leave. A try that is still under way is ended. */
	close(): void {
		this.#attempt++;
		for (const stop of this.#stops.splice(0)) stop();
		if (!this.busy) return;
		this.busy = false;
		void api('POST', `/api/workspaces/${this.workspace}/disconnect`).catch(() => {
			// It ends by itself; there is nobody here any more to be told.
		});
	}

	/** Try, with what the person just said. `ready`: what to wait for before the answer is judged. */
	async connect(body: ConnectBody = {}, ready: Promise<unknown> = Promise.resolve()): Promise<void> {
		const mine = ++this.#attempt;
		this.busy = true;
		this.problem = null;
		this.checks = this.checks.filter(({ state }) => state === 'ok');
		try {
			const answer = await api<ConnectResult & { checks?: CheckLine[] }>(
				'POST',
				`/api/workspaces/${this.workspace}/connect`,
				body
			);
			await ready;
			if (mine !== this.#attempt) return;
			for (const line of answer.checks ?? []) this.checks = withLine(this.checks, line);
			if (answer.state === 'needs-sign-in' && this.#byKey(answer)) return;
			if (answer.state === 'connected' && this.#wantsKey) await this.#addKey();
			if (!('hop' in answer) || answer.hop !== this.hop) this.chosen = null;
			this.result = answer;
			if (answer.state === 'failed' || answer.state === 'needs-sign-in')
				this.problem = answer.problem ?? null;
		} catch (error) {
			if (mine === this.#attempt) this.problem = problemOf(error);
		} finally {
			if (mine === this.#attempt) this.busy = false;
		}
	}

	/** The person looked at the host key and found it right; `replace`: instead of the one known so far. */
	accept(replace: boolean): void {
		if (this.result?.state !== 'host-key-unknown' && this.result?.state !== 'host-key-changed') return;
		const { fingerprint, keyType } = this.result;
		const accept = { hop: this.hop, fingerprint, keyType, ...(replace ? { replace: true as const } : {}) };
		void this.connect({ accept });
	}

	/** `addKey`: when it worked, let the key of this browser in from then on. */
	signIn(credential: Credential, addKey: boolean): void {
		this.#wantsKey = addKey;
		void this.connect({ signIn: { hop: this.hop, credential } });
	}

	/** Which hop the step is about. */
	get hop(): number {
		return this.result && 'hop' in this.result ? this.result.hop : this.hops.length - 1;
	}

	get hops(): { host: string; port: number; user: string }[] {
		return this.row ? hopsOf(this.row) : [];
	}

	/** Something was found that the person should read before going on. */
	get hasWarnings(): boolean {
		return this.checks.some(({ state }) => state === 'warning' || state === 'failed');
	}

	/** How many lines of the check list are still to come. */
	get ahead(): number {
		const lines = CHECKS.length + 3 * Math.max(0, this.hops.length - 1);
		return Math.max(0, lines - this.checks.length);
	}

	/** Try the key of this browser where it got in before, or was allowed to for good. */
	#byKey(answer: Extract<ConnectResult, { state: 'needs-sign-in' }>): boolean {
		const { hop } = answer;
		const account = this.hops[hop];
		const usable = browserKeys.usable;
		if (!usable || !account || this.#tried.has(hop)) return false;
		if (!answer.methods.includes('browser-key')) return false;
		const { fingerprint, publicKey } = usable.key;
		const last = this.row?.signIns[hop];
		const before = last?.kind === 'browser-key' && last.key === fingerprint;
		if (!before && !browserKeys.mayUnasked(fingerprint, accountOf(account))) return false;
		this.#tried.add(hop);
		void this.connect({ signIn: { hop, credential: { kind: 'browser-key', publicKey } } });
		return true;
	}

	async #addKey(): Promise<void> {
		this.adding = true;
		this.#wantsKey = false;
		try {
			const usable = browserKeys.usable ?? (await browserKeys.make(browserName(navigator.userAgent)));
			await api('POST', `/api/workspaces/${this.workspace}/authorized-keys`, { key: usable.listing.id });
			this.added = 'done';
		} catch (error) {
			this.added = problemOf(error);
		} finally {
			this.adding = false;
		}
	}

	async #list(): Promise<void> {
		try {
			const answer = await api<{ workspaces: WorkspaceListing[]; ways?: WaysIn }>('GET', '/api/workspaces');
			this.row = answer.workspaces.find(({ id }) => id === this.workspace) ?? this.row;
			if (answer.ways) this.ways = answer.ways;
		} catch {
			// The attempt itself says what is wrong.
		}
	}
}
