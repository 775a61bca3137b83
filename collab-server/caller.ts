import type { Role } from '#lib/model/role.ts';

/** Who is at the other end of a socket: made by the gate from the session, never from what the client says. */
export interface RoomUser {
	id: string;
	name: string;
	admin: boolean;
}

/** Context of every Hocuspocus connection. */
export interface SocketContext {
	user: RoomUser;
	/** Digest of the session; ending it closes the socket. */
	session: string | null;
	/** Which notebooks this socket has joined, and as what. It is closed when a role changes: see Sockets. */
	notebooks: Map<string, Role>;
}
