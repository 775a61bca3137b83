/** A room is open while somebody looks at its notebook or its kernel lives: state on the screen is then the truth. */
import type { Extension } from '@hocuspocus/server';
import type { SocketContext } from './caller.ts';
import { parseDocumentName } from './document-name.ts';
import type { Logger } from './logger.ts';
import type { RoomSet } from './room-set.ts';

export function roomLife(rooms: RoomSet, logger: Logger): Extension<SocketContext> {
	return {
		async connected({ documentName }) {
			const name = parseDocumentName(documentName);
			if (name?.kind !== 'runtime') return;
			rooms.open(name.notebook).catch((error: unknown) => {
				logger.error({ notebook: name.notebook, err: error }, 'the room could not be opened');
			});
		},

		async onDisconnect({ documentName, document }) {
			const name = parseDocumentName(documentName);
			if (name?.kind === 'runtime' && document.connections.size === 0) await rooms.closeIfIdle(name.notebook);
		}
	};
}
