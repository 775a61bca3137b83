/** The baton of a notebook: while somebody holds it, nobody else runs anything. */
import { ProblemError } from '#lib/model/problem.ts';
import type { RoomCommand } from '#lib/model/room-command.ts';
import type { KernelView } from '#lib/model/runtime-doc.ts';
import type { RoomUser } from './caller.ts';

/** What needs the baton where there is one; to look, complete or answer a question does not. */
const RUNS: ReadonlySet<RoomCommand['do']> = new Set([
	'run',
	'cancel',
	'interrupt',
	'move',
	'start',
	'restart',
	'shutdown',
	'extend',
	'comm'
]);

/** Refuses what only the holder may do. */
export function checkBaton(baton: KernelView['baton'], user: RoomUser, command: RoomCommand['do']): void {
	if (baton === null || baton.id === user.id || !RUNS.has(command)) return;
	throw new ProblemError(409, {
		code: 'baton-held',
		title: `${baton.name} holds the baton: only they run cells now.`,
		remedy: 'Ask them to give it back; an owner of the notebook may take it.'
	});
}

/** The baton after somebody takes or returns it; an owner may take it from whoever has it. Refuses with ProblemError. */
export function nextBaton(
	baton: KernelView['baton'],
	user: RoomUser,
	take: boolean,
	owner: boolean
): KernelView['baton'] {
	if (baton !== null && baton.id !== user.id && !owner) {
		throw new ProblemError(409, {
			code: 'baton-held',
			title: `${baton.name} holds the baton.`,
			remedy: 'Ask them to give it back; an owner of the notebook may take it.'
		});
	}
	return take ? { id: user.id, name: user.name } : null;
}
