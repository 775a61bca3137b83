/**
 * Terminals of a workspace, as the gateway hands them to the server. A terminal's output is one stream of bytes; a place
 * in it is counted in bytes from its beginning, so that whoever comes back goes on where they stopped.
 */
import type { Problem } from './problem.ts';

export interface TerminalInfo {
	/** Chosen by who started it. */
	terminal: string;
	/** What the program wants to be called (OSC 0 and 2, xterm's control sequences); untrusted. */
	title: string;
	shell: string;
	/** What runs in it besides the shell; null at a prompt. */
	running: string | null;
	cwd: string;
	cols: number;
	rows: number;
	/** Seconds since 1970. */
	started: number;
	ended: number | null;
	/** Exit status, or the name of the signal that ended it. */
	status: number | null;
	signal: string | null;
	/** Written so far. */
	bytes: number;
}

export interface TerminalStart {
	cols: number;
	rows: number;
	/** Absolute or below `~`; the home folder without it. */
	cwd?: string;
	/** Without it the login shell of the account, as a login shell. */
	argv?: string[];
	env?: Record<string, string>;
}

/** What somebody who looks at a terminal hears, in order. */
export interface TerminalListener {
	/** The terminal is there: what can be read of it, and its size. Comes again after a lost line. */
	attached(from: number, to: number, cols: number, rows: number): void;
	/** Bytes from place `at` on. `modes` comes where those before are lost: it sets a fresh screen as it was there. */
	output(at: number, bytes: Uint8Array, modes?: string): void;
	size(cols: number, rows: number): void;
	/** After the last byte. */
	exit(status: number | null, signal: string | null): void;
	/** The line to the workspace, as for kernels. With `closed`: it is gone for good, or the terminal is. */
	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void;
}

/** One look at a terminal. */
export interface TerminalWatch {
	/** Drawn up to `at`. No more than 256 KiB come without it; then the program has to wait. */
	acknowledge(at: number): void;
	/** Keys; resolves when the program's terminal has taken them. Rejects with ProblemError. */
	input(bytes: Uint8Array): Promise<void>;
	/** The size for everybody. `redraw` lets a full-screen program draw itself anew, also in the same size. */
	resize(cols: number, rows: number, redraw: boolean): void;
	close(): void;
}

/** The terminals of one workspace. All promises reject with ProblemError only. */
export interface TerminalPort {
	list(): Promise<TerminalInfo[]>;
	/** A second call with the same id changes nothing. */
	start(terminal: string, how: TerminalStart): Promise<void>;
	/** Survives lost lines by itself: every byte is heard once. */
	attach(terminal: string, after: number, listener: TerminalListener): TerminalWatch;
	/** Hang up and forget. */
	close(terminal: string): Promise<void>;
}
