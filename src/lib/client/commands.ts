/**
 * Room commands: sent as stateless messages down the socket that carries the keystrokes, answered by number. Nothing is
 * queued while the connection is away: code that runs minutes after somebody pressed the key would be a surprise.
 */
import { toBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import type { Problem } from '#lib/model/problem.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { CommandReply, CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import type { NotebookConnection } from './connection.ts';

const REPLY_TIMEOUT_MS = 20_000;

interface Waiting {
	resolve: (result: CommandResult) => void;
	reject: (error: ProblemError) => void;
	timer: ReturnType<typeof setTimeout>;
}

export class RoomCommands {
	readonly #connection: NotebookConnection;
	readonly #waiting = new Map<number, Waiting>();
	#next = 1;

	constructor(connection: NotebookConnection) {
		this.#connection = connection;
		connection.provider.on('stateless', ({ payload }: { payload: string }) => this.#answered(payload));
		connection.provider.on('close', () => this.#lost());
	}

	/** Send a command; resolves with the room's answer, rejects with a ProblemError. */
	send(command: RoomCommand): Promise<CommandResult> {
		if (!this.#connection.live) return Promise.reject(new ProblemError(0, notConnected(command)));
		const n = this.#next++;
		const full: RoomCommand =
			command.do === 'run'
				? { ...command, stateVector: toBase64(Y.encodeStateVector(this.#connection.doc)) }
				: command;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiting.delete(n);
				reject(new ProblemError(0, NO_ANSWER));
			}, REPLY_TIMEOUT_MS);
			this.#waiting.set(n, { resolve, reject, timer });
			this.#connection.provider.sendStateless(JSON.stringify({ n, command: full }));
		});
	}

	#answered(payload: string): void {
		let reply: CommandReply;
		try {
			reply = JSON.parse(payload) as CommandReply;
		} catch {
			// Not an answer: other messages may share the channel.
			return;
		}
		const waiting = this.#waiting.get(reply.n);
		if (!waiting) return;
		this.#waiting.delete(reply.n);
		clearTimeout(waiting.timer);
		if (reply.ok) waiting.resolve(reply.result);
		else waiting.reject(new ProblemError(0, reply.problem));
	}

	#lost(): void {
		for (const { reject, timer } of this.#waiting.values()) {
			clearTimeout(timer);
			reject(new ProblemError(0, LOST));
		}
		this.#waiting.clear();
	}
}

function notConnected(command: RoomCommand): Problem {
	const what = command.do === 'run' ? 'Nothing was run' : 'That was not sent';
	return {
		code: 'offline',
		title: `${what}: there is no connection to the server.`,
		detail: 'This tab keeps trying and shows it at the top when the connection is back.',
		remedy: 'Try again then. Your edits are kept here.'
	};
}

const LOST: Problem = {
	code: 'connection-lost',
	title: 'The connection was lost before the server answered.',
	detail: 'The command may or may not have arrived.',
	remedy: 'Wait for the connection, look at the state of the cells, and try again if needed.'
};

const NO_ANSWER: Problem = {
	code: 'no-answer',
	title: 'The server did not answer in 20 seconds.',
	detail: 'It may be overloaded or about to restart.',
	remedy: 'Look at the state of the cells, and try again if needed.'
};
