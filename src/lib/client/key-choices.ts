/** Which keys a command has for this person: the standard ones, those of their own, or fewer without single letters. */
import type { Preferences } from '#lib/model/preference.ts';

interface WithKeys {
	id: string;
	keys: readonly string[];
}

/** A press of a letter, digit or sign alone, which assistive software may send while somebody dictates. */
const isLetter = (keys: string): boolean => keys.split(' ').every((press) => /^(?:Shift\+)?.$/u.test(press));

export function keysFor(command: WithKeys, { keys = {}, letters = true }: Preferences): readonly string[] {
	const own = Object.hasOwn(keys, command.id) ? keys[command.id]! : command.keys;
	return letters ? own : own.filter((one) => !isLetter(one));
}

/** The commands with the person's keys. */
export function withKeys<T extends WithKeys>(commands: readonly T[], preferences: Preferences): T[] {
	return commands.map((command) => ({ ...command, keys: keysFor(command, preferences) }));
}

/** Commands other than `id` that have these keys, or a sequence of which one would hide the other. */
export function clashes<T extends WithKeys>(commands: readonly T[], id: string, keys: string): T[] {
	return commands.filter(
		(command) =>
			command.id !== id &&
			command.keys.some((one) => one === keys || one.startsWith(`${keys} `) || keys.startsWith(`${one} `))
	);
}
