import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';

/** What an editor knows of the kernel behind its cell. */
export interface KernelTalk {
	/**
	 * `yes`: it can be asked now · `busy`: it runs a cell and has no subshell · `none`: no kernel lives · `no`: this person
	 * may not ask.
	 */
	asks: () => 'yes' | 'busy' | 'none' | 'no';
	/** Send a room command; rejects with a ProblemError. */
	send: (command: RoomCommand) => Promise<CommandResult>;
	/** The texts of the notebook's code cells, for words where there is no kernel. */
	sources: () => Iterable<string>;
	/** Draw text with the terminal's colours; returns what takes it away again. */
	draw: (target: HTMLElement, text: string) => () => void;
}
