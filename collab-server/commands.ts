/** Room commands from browsers: stateless messages, validated, answered to the sender alone. */
import type { Extension } from '@hocuspocus/server';
import * as v from 'valibot';
import { commandMessage, type CommandMessage, type CommandReply } from '#lib/model/room-command.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { SocketContext } from './caller.ts';
import { parseDocumentName } from './document-name.ts';
import type { Logger } from './logger.ts';
import type { RoomSet } from './room-set.ts';

const MAX_COMMAND_CHARS = 2_000_000;

export function commands(rooms: RoomSet, logger: Logger): Extension<SocketContext> {
	return {
		async onStateless({ payload, connection, documentName }) {
			const name = parseDocumentName(documentName);
			if (!name) return;
			const reply = (answer: CommandReply): void => connection.sendStateless(JSON.stringify(answer));
			const message = read(payload);
			if (typeof message === 'number') return reply({ n: message, ok: false, problem: UNREADABLE });
			try {
				const { user, notebooks } = connection.context;
				const role = notebooks.get(name.notebook) ?? null;
				const result = await rooms.command(user, name.notebook, message.command, role);
				reply({ n: message.n, ok: true, result });
			} catch (error) {
				reply({ n: message.n, ok: false, problem: problemOf(error, logger) });
			}
		}
	};
}

const UNREADABLE: Problem = {
	code: 'command-unreadable',
	title: 'The server did not understand the request.',
	detail: 'It is not one of the commands this version knows.',
	remedy: 'Reload the page: it may be older than the server.'
};

/** The command, or the number to answer when it is none (-1 where not even that can be read). */
function read(payload: string): CommandMessage | number {
	if (payload.length > MAX_COMMAND_CHARS) return -1;
	let value: unknown;
	try {
		value = JSON.parse(payload);
	} catch {
		return -1;
	}
	const parsed = v.safeParse(commandMessage, value);
	if (parsed.success) return parsed.output;
	const n = typeof value === 'object' && value !== null ? (value as Record<string, unknown>).n : null;
	return Number.isInteger(n) ? (n as number) : -1;
}

/** What a person may see of an error: a ProblemError as it is, a fault of ours without its insides. */
export function problemOf(error: unknown, logger: Logger): Problem {
	if (error instanceof ProblemError) return error.problem;
	logger.error({ err: error }, 'a room command failed');
	return {
		code: 'internal',
		title: 'The server could not do that.',
		detail: 'Something went wrong on our side; it is in the server log.',
		remedy: 'Try again; if it happens again, tell the administrator the time.'
	};
}
