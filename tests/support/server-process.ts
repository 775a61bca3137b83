/** The whole server as its own process, to be killed: `node src/server.ts` on a free loopback port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '#lib/server/embedded-postgres.ts';
import { runtimeFolder } from '../../src/services.ts';
import { stopAgent } from './agent-process.ts';
import { testPython } from './python.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ServerProcess {
	origin: string;
	port: number;
	dataDir: string;
	pid: number;
	/** The one-time link, when this start printed one. */
	adminLink: string | null;
	/** What it printed so far, both streams. */
	output(): string;
	/** SIGKILL, and wait until it is gone; PostgreSQL, agent and kernels live on. */
	kill(): Promise<void>;
	/** SIGTERM; resolves with the exit code. */
	stop(): Promise<number | null>;
	/** Start again on the same data and port. */
	restart(): Promise<ServerProcess>;
	/** Stop everything that belongs to the data folder and remove it. */
	end(): Promise<void>;
}

/** Start a server; rejects with what it printed when it ends before it is ready. */
export async function startServer(
	options: { dataDir?: string; port?: number; env?: Record<string, string> } = {}
): Promise<ServerProcess> {
	const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'ansatz-test-')));
	const port = options.port ?? (await freePort());
	const child = spawn(process.execPath, ['src/server.ts'], {
		cwd: ROOT,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: {
			PATH: process.env.PATH,
			HOME: process.env.HOME,
			TMPDIR: tmpdir(),
			PORT: String(port),
			DATA_DIR: dataDir,
			LOCAL_ENVIRONMENT: join(testPython(), '..', '..'),
			LOG_LEVEL: 'error',
			...options.env
		} as NodeJS.ProcessEnv
	});
	let output = '';
	let adminLink: string | null = null;
	const ready = new Promise<void>((resolve, reject) => {
		createInterface({ input: child.stdout }).on('line', (line) => {
			output += `${line}\n`;
			adminLink ??= /first administrator at (\S+)/.exec(line)?.[1] ?? null;
			// The link, when there is one, is printed right after this line in the same turn or the next.
			if (line.startsWith('Ansatz is ready at')) setImmediate(resolve);
		});
		child.stderr.on('data', (data: Buffer) => (output += data.toString()));
		child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${output}`)));
	});
	await ready;

	const server: ServerProcess = {
		origin: options.env?.ORIGIN ?? `http://localhost:${port}`,
		port,
		dataDir,
		pid: child.pid!,
		get adminLink() {
			return adminLink;
		},
		output: () => output,
		kill: () => end(child, 'SIGKILL').then(() => undefined),
		stop: () => end(child, 'SIGTERM'),
		restart: () => startServer({ ...options, dataDir, port }),
		async end() {
			await end(child, 'SIGTERM');
			await stopPostgres(dataDir);
			stopAgent(runtimeFolder(dataDir));
			await rm(dataDir, { recursive: true, force: true });
		}
	};
	return server;
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
	if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
	const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
	child.kill(signal);
	return exited;
}

async function stopPostgres(dataDir: string): Promise<void> {
	const postgres = await startPostgres(dataDir);
	await postgres.stop();
}

/** A loopback port nobody listens on. */
export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
