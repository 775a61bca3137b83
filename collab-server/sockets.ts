/** The open sockets, to be closed when the right behind one ends: session over, role changed, notebook deleted. */
import type { WebSocket } from 'ws';
import type { SocketContext } from './caller.ts';

/** Application close codes (RFC 6455 leaves 4000–4999 to us). */
export const SESSION_ENDED = 4401;
export const ROLE_CHANGED = 4403;

export class Sockets {
	readonly #open = new Map<WebSocket, SocketContext>();

	add(socket: WebSocket, context: SocketContext): void {
		this.#open.set(socket, context);
		socket.once('close', () => this.#open.delete(socket));
	}

	closeAll(code: number, reason: string): void {
		for (const socket of this.#open.keys()) socket.close(code, reason);
	}

	/** Close the sockets of a session, or of all sessions of a person but one. */
	endSessions(match: { session: string } | { user: string; except: string | null }): void {
		for (const [socket, context] of this.#open) {
			const hit =
				'session' in match
					? context.session === match.session
					: context.user.id === match.user && context.session !== match.except;
			if (hit) socket.close(SESSION_ENDED, 'session ended');
		}
	}

	/** Close the sockets a person (or, without one, everybody) has in a notebook: they come back with the new role. */
	roleChanged(notebook: string, user?: string): void {
		for (const [socket, context] of this.#open) {
			if (context.notebooks.has(notebook) && (user === undefined || context.user.id === user)) {
				socket.close(ROLE_CHANGED, 'role changed');
			}
		}
	}
}
