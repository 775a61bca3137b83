import { spawn } from 'node:child_process';
import net from 'node:net';
import { ProblemError } from '#lib/model/problem.ts';
import { portRefused } from './problems.ts';
import { tail, type Command, type Transport } from './transport.ts';

/** The machine the server runs on, as the account it runs as. */
export function openLocal(): Transport {
	const running = new Set<Command>();
	const sockets = new Set<net.Socket>();
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
		forward: (host, port) =>
			new Promise((resolve, reject) => {
				const socket = net.connect({ host, port, noDelay: true });
				sockets.add(socket);
				socket.once('close', () => sockets.delete(socket));
				socket.once('connect', () => {
					socket.off('error', refuse);
					resolve(socket);
				});
				const refuse = (error: NodeJS.ErrnoException): void =>
					reject(new ProblemError(502, portRefused('this machine', port, error.code ?? error.message)));
				socket.once('error', refuse);
			}),
		close() {
			for (const socket of sockets) socket.destroy();
			for (const command of running) command.kill();
			tellClosed();
		}
	};
}
