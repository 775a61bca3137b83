import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type {
	TerminalInfo,
	TerminalListener,
	TerminalPort,
	TerminalStart,
	TerminalWatch
} from '#lib/model/terminal-port.ts';
import type { Frame } from './frames.ts';
import type { Log } from './log.ts';
import { lineLost, refusal } from './problems.ts';
import type { AgentSession, Reply } from './session.ts';

type Ask = (method: string, params: JsonObject, again?: boolean) => Promise<JsonObject>;

/** The terminals of one workspace on its line: who looks at which, and from where on over the next line. */
export class Terminals implements TerminalPort {
	#ask: Ask;
	#log: Log;
	#state: () => { state: 'up' | 'lost' | 'closed'; problem: Problem };
	#session: AgentSession | undefined;
	#where = '';
	#looks = new Map<string, Look>();
	#count = 0;

	/** `state` tells a look that begins without a line why there is none. */
	constructor(ask: Ask, log: Log, state: () => { state: 'up' | 'lost' | 'closed'; problem: Problem }) {
		this.#ask = ask;
		this.#log = log;
		this.#state = state;
	}

	async list(): Promise<TerminalInfo[]> {
		const { terminals } = (await this.#ask('terminals', {})) as unknown as { terminals: TerminalInfo[] };
		return terminals;
	}

	async start(terminal: string, how: TerminalStart): Promise<void> {
		await this.#ask('terminal-start', { terminal, ...(how as object) }, true);
	}

	async close(terminal: string): Promise<void> {
		await this.#ask('terminal-close', { terminal }, true);
	}

	attach(terminal: string, after: number, listener: TerminalListener): TerminalWatch {
		const watch = String(++this.#count);
		const look = new Look(terminal, watch, after, listener, this.#log, () => this.#looks.delete(watch));
		this.#looks.set(watch, look);
		if (this.#session) look.open(this.#session, this.#where);
		else {
			queueMicrotask(() => {
				const { state, problem } = this.#state();
				if (state !== 'up') look.link(state, problem);
			});
		}
		return look;
	}

	/** The line is up. */
	open(session: AgentSession, where: string): void {
		this.#session = session;
		this.#where = where;
		for (const look of this.#looks.values()) look.open(session, where);
	}

	/** The line is gone. */
	lost(): void {
		this.#session = undefined;
		for (const look of this.#looks.values()) look.lost();
	}

	/** Tells everybody about the line. */
	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		for (const look of [...this.#looks.values()]) look.link(state, problem);
	}

	/** An event of the agent about a terminal. */
	take(frame: Frame): void {
		this.#looks.get(String(frame.header.watch))?.take(frame);
	}
}

/** One look at one terminal, over as many lines as it takes. */
class Look implements TerminalWatch {
	#terminal: string;
	#watch: string;
	#listener: TerminalListener;
	#log: Log;
	#left: () => void;
	#session: AgentSession | undefined;
	#where = '';
	/** Places in the stream: heard, and drawn. */
	#heard: number;
	#drawn: number;
	/** Keys that are on their way, to be refused when the line breaks. */
	#typing = new Set<(error: ProblemError) => void>();
	#ended = false;
	#open = true;

	constructor(
		terminal: string,
		watch: string,
		after: number,
		listener: TerminalListener,
		log: Log,
		left: () => void
	) {
		this.#terminal = terminal;
		this.#watch = watch;
		this.#heard = this.#drawn = after;
		this.#listener = listener;
		this.#log = log;
		this.#left = left;
	}

	open(session: AgentSession, where: string): void {
		this.#session = session;
		this.#where = where;
		const params = { terminal: this.#terminal, watch: this.#watch, after: this.#heard, acked: this.#drawn };
		session.request('terminal-attach', params, (reply) => {
			if ('error' in reply) return this.link('closed', refusal(where, reply.error).problem);
			const { from, to, cols, rows } = reply.result as Record<'from' | 'to' | 'cols' | 'rows', number>;
			this.#tell((listener) => listener.attached(from, to, cols, rows));
		});
	}

	lost(): void {
		this.#session = undefined;
		const typing = [...this.#typing];
		this.#typing.clear();
		for (const refuse of typing) refuse(new ProblemError(503, lineLost(this.#where)));
	}

	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		this.#tell((listener) => listener.link(state, problem));
	}

	take({ header, attachments }: Frame): void {
		if (header.event === 'terminal') {
			const at = header.at as number;
			const bytes = attachments[0] ?? new Uint8Array();
			this.#heard = at + bytes.length;
			const modes = typeof header.modes === 'string' ? header.modes : undefined;
			this.#tell((listener) => listener.output(at, bytes, modes));
		} else if (header.event === 'terminal-size') {
			this.#tell((listener) => listener.size(header.cols as number, header.rows as number));
		} else if (header.event === 'terminal-exit' && !this.#ended) {
			this.#ended = true;
			this.#tell((listener) => listener.exit(header.status as number | null, header.signal as string | null));
		}
	}

	acknowledge(at: number): void {
		if (at <= this.#drawn) return;
		this.#drawn = Math.min(at, this.#heard);
		this.#session?.tell('terminal-ack', { watch: this.#watch, at: this.#drawn });
	}

	input(bytes: Uint8Array): Promise<void> {
		return new Promise((resolve, reject) => {
			const session = this.#session;
			// Keys are not kept for a line that may come back: whoever typed them sees nothing of it.
			if (!session) return reject(new ProblemError(503, lineLost(this.#where || 'the workspace')));
			this.#typing.add(reject);
			const done = (reply: Reply): void => {
				this.#typing.delete(reject);
				if ('error' in reply) reject(refusal(this.#where, reply.error));
				else resolve();
			};
			session.request('terminal-input', { terminal: this.#terminal }, done, [bytes]);
		});
	}

	resize(cols: number, rows: number, redraw: boolean): void {
		this.#session?.request('terminal-resize', { terminal: this.#terminal, cols, rows, redraw });
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#session?.request('terminal-detach', { watch: this.#watch });
		this.#left();
	}

	/** A fault in one listener must not stop the others, nor the line. */
	#tell(call: (listener: TerminalListener) => void): void {
		if (!this.#open) return;
		try {
			call(this.#listener);
		} catch (error) {
			this.#log.warn({ err: error }, 'a terminal listener failed');
		}
	}
}
