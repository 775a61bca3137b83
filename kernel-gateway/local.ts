import { spawn } from 'node:child_process';
import { tail, type Command, type Transport } from './transport.ts';

/** The machine the server runs on, as the account it runs as. */
export function openLocal(): Transport {
	const running = new Set<Command>();
	let tellClosed!: () => void;
	const closed = new Promise<undefined>((resolve) => (tellClosed = () => resolve(undefined)));
	return {
		closed,
		async exec(command) {
			const child = spawn('/bin/sh', ['-c', command], { stdio: 'pipe' });
			const errorText = tail(child.stderr);
			// a write to a program that has just ended is answered by `ended`, not by an exception
			child.stdin.on('error', () => {});
			const ended = new Promise<{ code: number | null }>((resolve) => {
				child.once('error', () => resolve({ code: null }));
				child.once('close', (code) => resolve({ code }));
			});
			const started: Command = {
				input: child.stdin,
				output: child.stdout,
				errorText,
				ended,
				kill: () => void child.kill()
			};
			running.add(started);
			void ended.then(() => running.delete(started));
			return started;
		},
		close() {
			for (const command of running) command.kill();
			tellClosed();
		}
	};
}
