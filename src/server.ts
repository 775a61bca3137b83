/** The server: one process, one port. Prints one line when it is ready, and the administrator's link the first time. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ProblemError } from '#lib/model/problem.ts';
import { firstAdministratorLink } from '#lib/server/account-rows.ts';
import { ConfigError, configureHandler, processConfig, type Config } from '#lib/server/config.ts';
import { DataFolderHeld, holdDataFolder } from '#lib/server/data-lock.ts';
import { setRunning } from '#lib/server/running.ts';
import { startServices, type RunningServices } from './services.ts';

/** How long a stop may take before the process ends anyway. */
const STOP_MS = 9000;

try {
	await main();
} catch (error) {
	console.error(sentence(error));
	process.exit(error instanceof ConfigError || error instanceof DataFolderHeld ? 2 : 1);
}

async function main(): Promise<void> {
	const config = processConfig();
	const release = holdDataFolder(config.dataDir);
	process.on('exit', release);
	// The port is taken first, so that a second server fails before it touches the database.
	let answer: Handler = stillStarting;
	const http = createServer((request, response) => answer(request, response));
	await listening(http, config);
	const running = await startServices(config, http);
	setRunning(running);
	configureHandler(config);
	const built = (await import(new URL('../build/handler.js', import.meta.url).href)) as { handler: Handler };
	answer = (request, response) =>
		running.portProxy.handle(request, response) || built.handler(request, response);
	const link = await firstAdministratorLink(running.db, config.origin);
	stopOnSignals(http, running);
	console.log(`Ansatz is ready at ${config.origin}`);
	if (link) console.log(`Make the first administrator at ${link}`);
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

function stillStarting(_request: IncomingMessage, response: ServerResponse): void {
	response.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'text/plain; charset=utf-8' });
	response.end('Ansatz is starting. Try again in a moment.\n');
}

function listening(http: ReturnType<typeof createServer>, { port, host }: Config): Promise<void> {
	return new Promise((resolve, reject) => {
		http.once('error', (error: NodeJS.ErrnoException) => {
			const taken = error.code === 'EADDRINUSE';
			reject(
				new ProblemError(500, {
					code: 'port',
					title: `The server cannot listen on ${host} port ${port}.`,
					detail: taken ? 'Another program has this port.' : error.message,
					remedy: 'Set PORT to a free one, for example PORT=3001 npm start.'
				})
			);
		});
		http.listen(port, host, resolve);
	});
}

/** Upgraded sockets would keep a plain `close` waiting for ever, so the rooms close theirs first. */
function stopOnSignals(http: ReturnType<typeof createServer>, running: RunningServices): void {
	let stopping = false;
	const stop = async (): Promise<void> => {
		if (stopping) return;
		stopping = true;
		setTimeout(() => process.exit(1), STOP_MS).unref();
		http.close();
		http.closeIdleConnections();
		await running.stop();
		process.exit(0);
	};
	process.on('SIGTERM', stop);
	process.on('SIGINT', stop);
}

function sentence(error: unknown): string {
	if (error instanceof ProblemError || error instanceof ConfigError || error instanceof DataFolderHeld) {
		return error.message;
	}
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
