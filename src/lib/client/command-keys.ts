import type { Preferences } from '#lib/model/preference.ts';
import { COMMANDS, type NotebookCommand } from './command-registry.ts';
import { keysFor, withKeys } from './key-choices.ts';

let last: { preferences: Preferences; commands: NotebookCommand[] } | undefined;

/** All commands with this person's keys. The same table for the same preferences, since it is asked at every key press. */
export function commandsFor(preferences: Preferences): readonly NotebookCommand[] {
	if (last?.preferences !== preferences) last = { preferences, commands: withKeys(COMMANDS, preferences) };
	return last.commands;
}

/** The key that is shown beside a command, if it has one. */
export function shownKey(command: NotebookCommand, preferences: Preferences): string | undefined {
	return keysFor(command, preferences)[0];
}
