/** Who may open which document, decided from the database at every opening; `runtime/*` is read-only for everybody. */
import type { Extension } from '@hocuspocus/server';
import type { Database } from '#db/database.ts';
import { can } from '#lib/model/role.ts';
import { genesisOf, roleOf } from './access.ts';
import type { SocketContext } from './caller.ts';
import { parseDocumentName } from './document-name.ts';

/** More documents than this on one socket is nobody's browser. */
const MAX_DOCUMENTS_PER_SOCKET = 20;

/** A refusal as Hocuspocus hands it to the client; `reason` is what the browser acts on. */
function refusal(reason: 'forbidden' | 'genesis' | 'too-many-documents'): Error {
	return Object.assign(new Error(''), { reason });
}

/** The token of a connection is the genesis id of the notebook it believes to hold. */
export function authentication(db: Database): Extension<SocketContext> {
	return {
		async onAuthenticate({ documentName, token, context, connectionConfig }) {
			const name = parseDocumentName(documentName);
			if (!name) throw refusal('forbidden');
			if (context.notebooks.size >= MAX_DOCUMENTS_PER_SOCKET) throw refusal('too-many-documents');
			const [role, genesis] = await Promise.all([
				roleOf(db, name.notebook, context.user.id),
				genesisOf(db, `notebook/${name.notebook}`)
			]);
			if (role === null || !can(role, 'read') || genesis === null) throw refusal('forbidden');
			if (token !== genesis) throw refusal('genesis');
			connectionConfig.readOnly = name.kind === 'runtime' || !can(role, 'edit');
			context.notebooks.set(name.notebook, role);
		}
	};
}
