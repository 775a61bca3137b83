/** The value of one cookie of a `Cookie` header (RFC 6265 §5.4), or undefined. */
export function readCookie(header: string | undefined, name: string): string | undefined {
	for (const pair of header?.split(';') ?? []) {
		const at = pair.indexOf('=');
		if (at > 0 && pair.slice(0, at).trim() === name) return decoded(pair.slice(at + 1).trim());
	}
	return undefined;
}

/** Anybody may send anything: what is not percent-encoded well is taken as it is. */
function decoded(value: string): string {
	try {
		return decodeURIComponent(value);
	} catch {
		return value;
	}
}
