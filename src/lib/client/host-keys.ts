/** Host keys as `GET /api/host-keys` lists them, and their words. */

export interface HostKeyListing {
	id: string;
	/** The host field of a known_hosts line. */
	pattern: string;
	/** The host's name is hidden in it. */
	hashed: boolean;
	keyType: string;
	fingerprint: string;
	revoked: boolean;
	origin: 'accepted' | 'pinned' | 'imported';
	createdAt: string;
}

export interface HostKeyLists {
	own: HostKeyListing[];
	pinned: HostKeyListing[];
}

/** What came of reading a known_hosts file. */
export interface ImportResult {
	added: number;
	known: number;
	problems: { line: number; message: string }[];
}

/** A host as known_hosts writes it: with the port in brackets where it is not 22. */
export function knownAs({ host, port }: { host: string; port: number }): string {
	return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}
