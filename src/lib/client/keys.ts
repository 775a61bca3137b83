/**
 * Keys as text: `Shift+Enter`, `Mod+K` (Command on a Mac, Control elsewhere), sequences with a space: `D D`. Letters are
 * compared by what they write, so that `?` and `Z` are where the person's keyboard has them.
 */
export interface KeyPress {
	key: string;
	ctrlKey: boolean;
	metaKey: boolean;
	altKey: boolean;
	shiftKey: boolean;
}

/** How long the second key of a sequence may take. */
export const SEQUENCE_MS = 1000;

/** The name of a key press in the notation of the registry. */
export function pressName(press: KeyPress, mac: boolean): string {
	const mod = mac ? press.metaKey : press.ctrlKey;
	const other = mac ? press.ctrlKey : press.metaKey;
	const key = press.key.length === 1 ? press.key.toUpperCase() : press.key;
	// A sign that needs Shift (`?`, `_`) already says so; a letter does not.
	const shift = press.shiftKey && (press.key.length > 1 || /[A-Z]/.test(key) || mod);
	return [mod && 'Mod', other && (mac ? 'Ctrl' : 'Meta'), press.altKey && 'Alt', shift && 'Shift', key]
		.filter(Boolean)
		.join('+');
}

/** Keys as people see them. */
export function keyLabel(keys: string, mac: boolean): string {
	return keys
		.split(' ')
		.map((press) =>
			press
				.replace('Mod', mac ? '⌘' : 'Ctrl')
				.replace('Alt', mac ? '⌥' : 'Alt')
				.replace('Shift', mac ? '⇧' : 'Shift')
				.replace('ArrowUp', '↑')
				.replace('ArrowDown', '↓')
				.replace('Escape', 'Esc')
				.split('+')
				.join(mac ? '' : '+')
		)
		.join(' ');
}

export function isMac(): boolean {
	return typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform);
}

/** Follows key presses and finds commands by their keys, sequences included. */
export class KeyMatcher<T extends { keys: readonly string[] }> {
	readonly #commands: () => readonly T[];
	#pending: { name: string; at: number } | null = null;

	/** `commands`: asked at every press, since a person may have other keys from one moment to the next. */
	constructor(commands: () => readonly T[]) {
		this.#commands = commands;
	}

	/** The command that this press completes, `'pending'` when it may begin a sequence, or null. */
	press(name: string, at: number, allowed: (command: T) => boolean): T | 'pending' | null {
		const before = this.#pending;
		const commands = this.#commands();
		this.#pending = null;
		if (before && at - before.at <= SEQUENCE_MS) {
			const whole = `${before.name} ${name}`;
			const found = commands.find((command) => command.keys.includes(whole) && allowed(command));
			if (found) return found;
		}
		const found = commands.find((command) => command.keys.includes(name) && allowed(command));
		// A press that did something may still begin a sequence (Ctrl-M leaves the text, Ctrl-M D deletes the cell). One
		// that did nothing begins only what is allowed here: a letter typed into a text is no half of a command.
		const begins = commands.some(
			(command) =>
				command.keys.some((keys) => keys.startsWith(`${name} `)) && (found !== undefined || allowed(command))
		);
		if (begins) this.#pending = { name, at };
		return found ?? (begins ? 'pending' : null);
	}
}
