/**
 * Who is here. The name, id and colour in an awareness state come from the session, never from the client, and a socket
 * speaks only for its own client ids: a viewer could otherwise move another person's cursor.
 */
import type { Extension } from '@hocuspocus/server';
import { colourOf } from '#lib/model/colour.ts';
import type { SocketContext } from './caller.ts';

/** A state larger than this is not a cursor. */
const MAX_STATE_CHARS = 2048;

export function presence(): Extension<SocketContext> {
	/** Which socket a client id of a document belongs to. */
	const owners = new Map<string, string>();

	return {
		async beforeHandleAwareness({ states, context, documentName, socketId, connection }) {
			if (!connection || !context) return;
			for (const [client, state] of states) {
				const key = `${documentName}\0${client}`;
				const owner = owners.get(key);
				if ((owner !== undefined && owner !== socketId) || JSON.stringify(state).length > MAX_STATE_CHARS) {
					states.delete(client);
					continue;
				}
				owners.set(key, socketId);
				state.user = { id: context.user.id, name: context.user.name, color: colourOf(context.user.id) };
			}
		},

		async onDisconnect({ documentName, socketId }) {
			for (const [key, owner] of owners) {
				if (owner === socketId && key.startsWith(`${documentName}\0`)) owners.delete(key);
			}
		}
	};
}
