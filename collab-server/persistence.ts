/**
 * Edits are in the database before they are acknowledged. An update is applied and shown to the others at once; the
 * acknowledgement waits at the socket until the append has resolved. While the database is away appends wait, sockets
 * close with 1013 and none is let in, so that every tab keeps its edits and says so.
 */
import { isTransactionOrigin, type Extension } from '@hocuspocus/server';
import * as Y from 'yjs';
import { GuardedSocket } from './guarded-socket.ts';
import type { Logger } from './logger.ts';
import type { SocketContext } from './caller.ts';
import { parseDocumentName } from './document-name.ts';
import { COMPACT_AFTER_UPDATES, type UpdateLog } from './update-log.ts';

const SYNC_STEP_2 = 1;
const UPDATE = 2;
/** What an update without any change is: no structs, an empty delete set. */
const EMPTY_UPDATE_BYTES = 2;

export interface PersistenceOptions {
	log: UpdateLog;
	logger: Logger;
}

/** Loading and storing for both kinds of documents. */
export function persistence({ log, logger }: PersistenceOptions): Extension<SocketContext> {
	return {
		async beforeSync({ type, payload, document, documentName, connection, context }) {
			if (connection.readOnly || (type !== SYNC_STEP_2 && type !== UPDATE)) return;
			if (payload.byteLength <= EMPTY_UPDATE_BYTES) return;
			// After a reconnect a client sends all it has that we might not; mostly we have it, and the log must not grow.
			if (type === SYNC_STEP_2 && Y.snapshotContainsUpdate(Y.snapshot(document), payload)) return;
			Y.decodeUpdate(payload);
			const stored = log.append(documentName, payload, context.user.id);
			if (connection.webSocket instanceof GuardedSocket) connection.webSocket.hold(documentName, stored);
			else await stored;
		},

		async onLoadDocument({ documentName, document }) {
			const { update, corrupt } = await log.load(documentName);
			if (update) Y.applyUpdate(document, update);
			if (corrupt.length > 0) {
				logger.error({ document: documentName, rows: corrupt }, 'rows of the update log cannot be read');
			}
		},

		// What the server itself edits in a notebook comes over no socket. Runtime documents are stored by their projection.
		async afterLoadDocument({ documentName, document }) {
			if (parseDocumentName(documentName)?.kind !== 'notebook') return;
			document.on('update', (update: Uint8Array, origin: unknown) => {
				if (!isTransactionOrigin(origin) || origin.source !== 'local') return;
				log.append(documentName, update, null).catch((error: unknown) => {
					logger.warn({ document: documentName, err: error }, 'the document of an edit is gone');
				});
			});
		},

		// A document that comes back must not miss what was on its way when it left.
		async beforeUnloadDocument({ documentName }) {
			await log.settledFor(documentName);
		},

		async onStoreDocument({ documentName }) {
			if (log.tail(documentName) < COMPACT_AFTER_UPDATES) return;
			const history = parseDocumentName(documentName)?.kind === 'notebook';
			await log.compact(documentName, { history });
		}
	};
}
