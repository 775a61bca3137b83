import type { TerminalInfo } from '#lib/model/terminal-port.ts';

/** What a terminal is called in a list: what runs in it, else where its shell is. */
export function terminalName({ running, cwd, shell, ended }: TerminalInfo): string {
	if (running !== null && ended === null) return running;
	const folder = cwd.split('/').filter(Boolean).at(-1);
	return folder === undefined ? shell : `${shell} in ${folder}`;
}
