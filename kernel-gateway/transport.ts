import type { Duplex, Readable, Writable } from 'node:stream';

/** A command running on a workspace. `input` and `output` may be the same stream. */
export interface Command {
	input: Writable;
	output: Readable;
	/** The end of what it wrote to standard error so far, a few kilobytes. */
	errorText(): string;
	/** Resolves when it has ended or its line is gone; never rejects. `code` is null when no status was heard. */
	ended: Promise<{ code: number | null }>;
	/** Ends it. */
	kill(): void;
}

/** A way to run commands on a workspace. */
export interface Transport {
	/** Runs a shell command. Rejects with ProblemError when the other side does not allow it. */
	exec(command: string): Promise<Command>;
	/** A connection from the workspace to a TCP port. Rejects with ProblemError. It ends with the line. */
	forward(host: string, port: number): Promise<Duplex>;
	/** Resolves when the line is gone, with the reason in plain words where one is known; never rejects. */
	closed: Promise<string | undefined>;
	close(): void;
}

const KEPT = 4096;

/** Reads a stream to its end and remembers the last few kilobytes as text. */
export function tail(stream: Readable): () => string {
	let text = '';
	stream.setEncoding('utf8');
	stream.on('data', (chunk: string) => {
		text = (text + chunk).slice(-KEPT);
	});
	stream.on('error', () => {});
	return () => text;
}
