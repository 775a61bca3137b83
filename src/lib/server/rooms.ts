import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import { requireRole } from './notebook-access.ts';
import type { Caller, Rooms } from './services.ts';

/** The rooms as routes see them: the caller becomes a room user, the right to read is checked here. */
export function createRooms({ db, collab }: { db: Database; collab: Collab }): Rooms {
	const roomUser = ({ user }: Caller) => ({ id: user.id, name: user.displayName, admin: user.admin });
	return {
		command: (caller, id, command) => collab.rooms.command(roomUser(caller), id, command),
		async run(caller, id, run, waitSeconds) {
			await requireRole(db, caller, id, 'read');
			return collab.rooms.run(id, run, Math.min(Math.max(waitSeconds, 0), 60) * 1000);
		},
		async state(caller, id) {
			await requireRole(db, caller, id, 'read');
			return collab.rooms.state(id);
		}
	};
}
