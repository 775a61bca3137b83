import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { lineLost, notConnected, refusal } from './problems.ts';
import type { AgentSession, Reply } from './session.ts';

interface Call {
	method: string;
	params: JsonObject;
	attachments: readonly Uint8Array[];
	again: boolean;
	resolve: (result: JsonObject) => void;
	reject: (error: ProblemError) => void;
	/** Runs only while there is no line. */
	expiry?: NodeJS.Timeout;
}

/**
 * What has been asked on one workspace and is not answered. A request that may be repeated outlives a lost line: it is
 * sent again, in the order of asking, when the line is back in time.
 */
export class Calls {
	#open = new Set<Call>();
	#session: AgentSession | undefined;
	#patience: number;
	#where: () => string;

	/** `patience`: for how long, in milliseconds, a request waits for the line. */
	constructor(patience: number, where: () => string) {
		this.#patience = patience;
		this.#where = where;
	}

	/** Sends now if there is a line. Rejects with ProblemError: 503 without one, or what the agent answers. */
	ask(
		method: string,
		params: JsonObject,
		again: boolean,
		state: 'down' | 'up' | 'lost',
		attachments: readonly Uint8Array[] = []
	): Promise<JsonObject> {
		return new Promise((resolve, reject) => {
			if (state === 'down') return reject(new ProblemError(503, notConnected(this.#where())));
			if (state === 'lost' && !again) return reject(new ProblemError(503, lineLost(this.#where())));
			const call: Call = { method, params, attachments, again, resolve, reject };
			this.#open.add(call);
			if (this.#session) this.#send(call, this.#session);
			else this.#wait(call, lineLost(this.#where()));
		});
	}

	/** The line is up: everything that waited goes out. */
	open(session: AgentSession): void {
		this.#session = session;
		for (const call of this.#open) this.#send(call, session);
	}

	/** The line is gone, and may come back. */
	lost(problem: Problem): void {
		this.#session = undefined;
		for (const call of this.#open) {
			if (call.again) this.#wait(call, problem);
			else this.#refuse(call, problem);
		}
	}

	/** The line will not come back by itself. */
	end(problem: Problem): void {
		this.#session = undefined;
		for (const call of this.#open) this.#refuse(call, problem);
	}

	#send(call: Call, session: AgentSession): void {
		clearTimeout(call.expiry);
		try {
			session.request(call.method, call.params, (reply) => this.#answer(call, reply), call.attachments);
		} catch (error) {
			this.#open.delete(call);
			call.reject(refusal(this.#where(), { code: 'bad-params', message: (error as Error).message }));
		}
	}

	#answer(call: Call, reply: Reply): void {
		this.#open.delete(call);
		if ('result' in reply) call.resolve(reply.result);
		else call.reject(refusal(this.#where(), reply.error));
	}

	#wait(call: Call, problem: Problem): void {
		call.expiry = setTimeout(() => this.#refuse(call, problem), this.#patience);
	}

	#refuse(call: Call, problem: Problem): void {
		clearTimeout(call.expiry);
		this.#open.delete(call);
		call.reject(new ProblemError(503, problem));
	}
}
