/**
 * Edits are in the database before they are acknowledged. Hocuspocus awaits `beforeSync` before it applies an update
 * and acknowledges it, so that the append stands in front of both; where it fails nothing was applied, the socket
 * closes with 1013, and the tab keeps its edits and tries again.
 */
import type { Extension } from '@hocuspocus/server';
import * as Y from 'yjs';
import type { Logger } from './logger.ts';
import type { SocketContext } from './caller.ts';
import { parseDocumentName } from './document-name.ts';
import { COMPACT_AFTER_UPDATES, type UpdateLog } from './update-log.ts';

const SYNC_STEP_2 = 1;
const UPDATE = 2;
/** What an update without any change is: no structs, an empty delete set. */
const EMPTY_UPDATE_BYTES = 2;

/** Close code for "try again later" (RFC 6455 registry). */
export const STORAGE_UNAVAILABLE = 1013;

export interface PersistenceOptions {
	log: UpdateLog;
	logger: Logger;
	/** Called when a document could only be opened without some of its rows. */
	onCorrupt?: (document: string, rows: number[]) => void;
}

/** Loading and storing for both kinds of documents. */
export function persistence({ log, logger, onCorrupt }: PersistenceOptions): Extension<SocketContext> {
	return {
		async beforeSync({ type, payload, document, documentName, connection, context }) {
			if (connection.readOnly || (type !== SYNC_STEP_2 && type !== UPDATE)) return;
			if (payload.byteLength <= EMPTY_UPDATE_BYTES) return;
			// After a reconnect a client sends all it has that we might not; mostly we have it, and the log must not grow.
			if (type === SYNC_STEP_2 && Y.snapshotContainsUpdate(Y.snapshot(document), payload)) return;
			Y.decodeUpdate(payload);
			try {
				await log.append(documentName, payload, context.user.id);
			} catch (error) {
				logger.error({ document: documentName, err: error }, 'the update log refused an edit');
				connection.webSocket.close(STORAGE_UNAVAILABLE, 'storage unavailable');
				throw Object.assign(new Error(''), { code: STORAGE_UNAVAILABLE, reason: 'storage unavailable' });
			}
		},

		async onLoadDocument({ documentName, document }) {
			const { update, corrupt } = await log.load(documentName);
			if (update) Y.applyUpdate(document, update);
			if (corrupt.length > 0) {
				logger.error({ document: documentName, rows: corrupt }, 'rows of the update log cannot be read');
				onCorrupt?.(documentName, corrupt);
			}
		},

		async onStoreDocument({ documentName }) {
			if (log.tail(documentName) < COMPACT_AFTER_UPDATES) return;
			const history = parseDocumentName(documentName)?.kind === 'notebook';
			await log.compact(documentName, { history });
		}
	};
}
