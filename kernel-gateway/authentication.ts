import type { AnyAuthMethod, Prompt } from 'ssh2';
import type { Ask, AskAbout, AskAnswer, Asker } from '#lib/model/ask.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { SignInMethod } from '#lib/model/workspace.ts';
import { OneKey } from './browser-key.ts';
import { readAgent, type AgentKey } from './server-agent.ts';
import type { Hop } from './hops.ts';
import { Secret, type AccountLogins, type Login } from './login.ts';
import * as problems from './sign-in-problems.ts';

/** Servers close a connection after six refusals (MaxAuthTries of OpenSSH). */
const AGENT_KEYS = 5;

/** What an authentication needs besides the hop. */
export interface SignInTools {
	/** The name the owner gave the workspace, and its id. */
	workspace: { id: string; name: string };
	/** Asks the owner; without it, what only they can answer is a problem. */
	ask: Asker | undefined;
	/** The socket of the SSH agent of the server, where it may be used. */
	agentSocket: string | undefined;
}

/** One try with one proof: what the server's next answer is about. */
interface Step {
	login: Login;
	method: 'password' | 'publickey' | 'keyboard-interactive';
	/** For keys whose signature is made elsewhere. */
	elsewhere?: OneKey;
	/** Something was answered by the person. */
	relayed?: boolean;
}

/**
 * One authentication at one hop, of as many steps as the server wants (RFC 4252 section 5.1: partial success). Each
 * secret is offered once; what is refused is dropped from the account's logins, what was accepted stays.
 */
export class Authentication {
	/** The server has said no, asked for what we cannot give, or a person did. */
	over = false;
	#problem: Problem | undefined;
	/** Nobody was there to answer. */
	#nobody = false;
	#offered: string[] = [];
	#left: string[] = [];
	#partial = false;
	#step: Step | undefined;
	/** A step whose outcome the server is asked for by the way `none`. */
	#probing: Step | undefined;
	#used = new Set<Login>();
	#agentKeys: AgentKey[] = [];
	#agentTried = 0;
	#hop: Hop;
	#logins: AccountLogins;
	#tools: SignInTools;
	#waiting: (waits: boolean) => void;
	#giveUp: () => void;
	#abort = new AbortController();

	/** `waiting` is told while a person is being asked, `giveUp` when it is over although the server waits for more. */
	constructor(
		hop: Hop,
		logins: AccountLogins,
		tools: SignInTools,
		on: { waiting: (waits: boolean) => void; giveUp: () => void }
	) {
		this.#hop = hop;
		this.#logins = logins;
		this.#tools = tools;
		this.#waiting = on.waiting;
		this.#giveUp = on.giveUp;
	}

	/** Takes back what a person is being asked. */
	close(): void {
		this.#abort.abort();
	}

	/** What could be done next, once it is over. */
	result(): { methods: SignInMethod[]; problem: Problem | undefined; nobody: boolean } {
		const server = this.#partial ? this.#left : this.#offered;
		const questions = server.includes('keyboard-interactive');
		const keys = server.includes('publickey');
		const { ask, agentSocket } = this.#tools;
		const methods: [SignInMethod, boolean][] = [
			['password', questions || server.includes('password')],
			['interactive', questions && ask !== undefined],
			['key', keys],
			['browser-key', keys && ask !== undefined],
			['agent', keys && agentSocket !== undefined]
		];
		return {
			methods: methods.filter(([, offered]) => offered).map(([method]) => method),
			problem: this.#problem,
			nobody: this.#nobody
		};
	}

	/** The server wants a new password before it accepts the old one. */
	passwordExpired(): void {
		this.#end(problems.passwordExpired(this.#hop));
		this.#giveUp();
	}

	/**
	 * ssh2 asks what to send next, after it sent what `give` was given and was refused or told to go on. `left` is null
	 * before the first answer. `give(false)` ends the connection with an error.
	 */
	async next(
		left: string[] | null,
		partly: boolean | null,
		give: (next: AnyAuthMethod | false) => void
	): Promise<void> {
		if (this.over) return give(false);
		const none = { type: 'none', username: this.#hop.user } as const;
		if (left === null) return give(none);
		const step = this.#step;
		this.#step = undefined;
		if (step?.elsewhere?.signed && this.#probing !== step) {
			// of such a step ssh2 does not say how it ended: a second way is asked for to hear what is left
			this.#step = this.#probing = step;
			return give(none);
		}
		const changed = left.join() !== this.#left.join();
		this.#left = left;
		if (!step) this.#offered = left;
		// of a step signed elsewhere, `partly` is the answer to the step before it
		else if (step.elsewhere ? this.#probing === step && changed : partly) this.#partial = true;
		else if (this.#agentKeys.length) return give(this.#agentStep(step.login));
		else {
			this.#logins.drop(step.login);
			return give(this.#end(this.#refusal(step)));
		}
		this.#agentKeys = [];
		give(await this.#choose(left));
	}

	async #choose(left: string[]): Promise<AnyAuthMethod | false> {
		const { user: username } = this.#hop;
		for (const login of this.#logins.all) {
			const method = this.#used.has(login) ? undefined : methodOf(login, left);
			if (!method) continue;
			this.#used.add(login);
			const step: Step = (this.#step = { login, method });
			if (login.kind === 'password' && method === 'password') {
				return { type: 'password', username, password: login.password.bytes as unknown as string };
			}
			if (login.kind === 'key') return { type: 'publickey', username, key: login.key as unknown as Buffer };
			if (login.kind === 'browser-key') {
				const sign = (data: Buffer): Promise<Buffer> => this.#signInBrowser(login, data);
				step.elsewhere = new OneKey(login.key.parsed, sign);
				return { type: 'agent', username, agent: step.elsewhere };
			}
			if (login.kind === 'agent') {
				const problem = await this.#readAgent();
				if (problem) return this.#end(problem);
				return this.#agentStep(login);
			}
			return this.#keyboard(step);
		}
		if (this.#partial && this.#tools.ask) {
			if (left.includes('keyboard-interactive')) {
				this.#step = { login: { kind: 'interactive' }, method: 'keyboard-interactive' };
				return this.#keyboard(this.#step);
			}
			if (left.includes('password')) return this.#askPassword();
		}
		if (this.#partial) return this.#end(problems.moreFactors(this.#hop));
		const [first] = this.#logins.all;
		return this.#end(first && problems.methodNotOffered(this.#hop, first.kind, left));
	}

	/** Answers one hidden question with the password, if there is one, and once; the person answers all others. */
	#keyboard(step: Step): AnyAuthMethod {
		let password = step.login.kind === 'password' ? step.login.password : undefined;
		const prompt = async (
			title: string,
			instructions: string,
			_language: string,
			prompts: Prompt[],
			finish: (answers: string[]) => void
		): Promise<void> => {
			if (password && prompts.length === 1 && !prompts[0]!.echo) {
				const answer = password.bytes.toString('utf8');
				password = undefined;
				return finish([answer]);
			}
			if (!this.#tools.ask) return this.#stop(problems.moreFactors(this.#hop));
			if (prompts.length > 20) return this.#stop(problems.tooManyQuestions(this.#hop));
			step.relayed = true;
			const answer = await this.#ask({
				...{ kind: 'prompts', about: this.#about() },
				...{ title: plain(title), instructions: plain(instructions) },
				prompts: prompts.map(({ prompt, echo }) => ({ text: plain(prompt), echo: echo === true }))
			});
			if (answer?.kind !== 'prompts') return;
			finish(prompts.map((_, index) => answer.answers[index] ?? ''));
		};
		return {
			type: 'keyboard-interactive',
			username: this.#hop.user,
			prompt: (...args) => void prompt(...args)
		};
	}

	/** The server wants a password besides what was accepted. It is kept as one that was given. */
	async #askPassword(): Promise<AnyAuthMethod | false> {
		const { host, user: username } = this.#hop;
		const answer = await this.#ask({
			...{ kind: 'prompts', about: this.#about(), title: 'Password', instructions: '' },
			prompts: [{ text: `Password of ${username} on ${host}:`, echo: false }]
		});
		if (answer?.kind !== 'prompts') return false;
		const login: Login = { kind: 'password', password: new Secret(answer.answers[0] ?? '') };
		this.#logins.add(login);
		this.#used.add(login);
		this.#step = { login, method: 'password' };
		return { type: 'password', username, password: login.password.bytes as unknown as string };
	}

	async #signInBrowser({ key }: Extract<Login, { kind: 'browser-key' }>, data: Buffer): Promise<Buffer> {
		const { algorithm, fingerprint } = key;
		if (!this.#tools.ask) this.#end(problems.nobodyThere(this.#hop, 'signature'));
		const answer = await this.#ask({
			...{ kind: 'signature', about: this.#about(), key: fingerprint, algorithm },
			data: data.toString('base64')
		});
		if (answer?.kind !== 'signature') throw new Error('not signed');
		const signature = key.signature(data, Buffer.from(answer.signature, 'base64'));
		if (signature) return signature;
		this.#end(problems.wrongSignature(this.#hop));
		throw new Error('another key');
	}

	async #readAgent(): Promise<Problem | undefined> {
		const { agentSocket } = this.#tools;
		if (!agentSocket) return problems.agentUnavailable('it is not in use here');
		const read = await readAgent(agentSocket);
		if ('problem' in read) return read.problem;
		this.#agentKeys = read.keys.slice(0, AGENT_KEYS);
		return this.#agentKeys.length ? undefined : problems.agentRefused(this.#hop, 0);
	}

	#agentStep(login: Login): AnyAuthMethod {
		const { key, sign } = this.#agentKeys.shift()!;
		this.#agentTried++;
		const elsewhere = new OneKey(key, (data, options) =>
			sign(data, options).catch((error: Error) => {
				this.#end(problems.agentUnavailable(error.message));
				throw error;
			})
		);
		this.#step = { login, method: 'publickey', elsewhere };
		return { type: 'agent', username: this.#hop.user, agent: elsewhere };
	}

	/** The answer, or nothing when this is over: then the reason is known and the connection is being ended. */
	async #ask(ask: Ask): Promise<AskAnswer | undefined> {
		this.#waiting(true);
		const answer = await this.#tools.ask!(ask, this.#abort.signal);
		if (this.#abort.signal.aborted) return undefined;
		this.#waiting(false);
		if (answer.kind === ask.kind) return answer;
		this.#nobody = answer.kind === 'nobody';
		const words = this.#nobody ? problems.nobodyThere : problems.personRefused;
		this.#stop(words(this.#hop, ask.kind));
		return undefined;
	}

	#about(): AskAbout {
		const { index, host, port, user } = this.#hop;
		const { id, name } = this.#tools.workspace;
		return { workspace: id, name, hop: index, host, port, user };
	}

	#refusal({ login, relayed }: Step): Problem {
		if (relayed || login.kind === 'interactive') return problems.answersRefused(this.#hop);
		if (login.kind === 'password') return problems.passwordRefused(this.#hop);
		if (login.kind === 'agent') return problems.agentRefused(this.#hop, this.#agentTried);
		return problems.keyRefused(this.#hop);
	}

	#end(problem?: Problem): false {
		if (this.over) return false;
		this.over = true;
		this.#problem = problem;
		return false;
	}

	#stop(problem: Problem): void {
		this.#end(problem);
		this.#giveUp();
	}
}

function methodOf(login: Login, left: string[]): Step['method'] | undefined {
	const wanted: Record<Login['kind'], Step['method'][]> = {
		password: ['password', 'keyboard-interactive'],
		interactive: ['keyboard-interactive'],
		key: ['publickey'],
		'browser-key': ['publickey'],
		agent: ['publickey']
	};
	return wanted[login.kind].find((method) => left.includes(method));
}

/** Words of the other side for a dialog: no control characters, and not without end. */
function plain(text: string): string {
	return text.replace(/[^\P{C}\n\t]/gu, '').slice(0, 2000);
}
