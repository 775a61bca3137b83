/** Jump hosts as people write them: `user@host:port`. */

/** What a text names; `port` is NaN where it is no port. Null where it names nothing. `user` without one: as given. */
export function readHop(text: string, user: string): { host: string; port: number; user: string } | null {
	const match = /^(?:([^@\s]+)@)?(\[[^\]\s]+\]|[^\s:]+|[0-9a-fA-F:]{3,})(?::(\d+))?$/.exec(text.trim());
	if (!match) return null;
	const [, own, host, port] = match;
	return {
		host: host!.replace(/^\[(.*)\]$/, '$1'),
		port: port === undefined ? 22 : Number(port),
		user: own ?? user
	};
}
