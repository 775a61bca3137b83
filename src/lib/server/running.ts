/**
 * Where the running services are found by the routes. SvelteKit's build is a module graph of its own, so that a plain
 * module variable of the server would be another one there; a registered symbol on the global object is the same.
 */
import type { Services } from './services.ts';

export interface Running {
	services: Services;
	log: { error(fields: object, message: string): void };
}

const KEY = Symbol.for('ansatz.running');
const registry = globalThis as typeof globalThis & { [KEY]?: Running };

export function setRunning(running: Running): void {
	registry[KEY] = running;
}

/** Throws when called before the server has started them. */
export function runningServices(): Running {
	const running = registry[KEY];
	if (!running) throw new Error('The services are not running: start the server by src/server.ts.');
	return running;
}
