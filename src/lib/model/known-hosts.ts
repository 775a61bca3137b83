/**
 * The file of known hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): reading it, and which of its host fields stand for a
 * host. Digests are the caller's, so that this runs anywhere.
 */

export interface KnownHost {
	/** The host field as it stands: names and patterns with commas, or one hashed name. */
	pattern: string;
	/** The name of the algorithm, which is also the first string of the key. */
	keyType: string;
	/** The key blob (RFC 4253 section 6.6) in base64. */
	key: string;
	revoked: boolean;
}

export interface KnownHostsProblem {
	/** From 1, as editors count. */
	line: number;
	message: string;
}

/** HMAC-SHA1 of a text under a key: 20 bytes. */
export type HmacSha1 = (key: Uint8Array, text: string) => Uint8Array;

const MAX_PATTERN = 2000;
const SSH_PORT = 22;

/** The entries of a file, and the lines that are none. Comments and empty lines are neither. */
export function parseKnownHosts(text: string): { hosts: KnownHost[]; problems: KnownHostsProblem[] } {
	const hosts: KnownHost[] = [];
	const problems: KnownHostsProblem[] = [];
	text.split(/\r\n|\n|\r/).forEach((line, index) => {
		const words = line.trim().split(/[ \t]+/);
		if (words[0] === '' || words[0]!.startsWith('#')) return;
		const read = entry(words);
		if (typeof read === 'string') problems.push({ line: index + 1, message: read });
		else hosts.push(read);
	});
	return { hosts, problems };
}

function entry(words: string[]): KnownHost | string {
	const marker = words[0]!.startsWith('@') ? words.shift()! : '';
	if (marker === '@cert-authority') return 'Certificate authorities are not supported.';
	if (marker !== '' && marker !== '@revoked') return `The marker ${shown(marker)} is not known.`;
	const [pattern, keyType, key] = words;
	if (!pattern || !keyType || !key) return 'A line has a host, a key type and a key.';
	if (/^\d+$/.test(keyType)) return 'Keys of the first version of SSH are not supported.';
	if (/-cert-v\d\d@/.test(keyType)) return 'Certificates are not supported: name the key itself.';
	const inside = typeOf(key);
	if (inside === null) return 'The key is not valid base64 of an SSH key.';
	if (inside !== keyType) return `The line says ${shown(keyType)}, the key itself says ${shown(inside)}.`;
	const fault = patternFault(pattern);
	return fault ?? { pattern, keyType, key, revoked: marker === '@revoked' };
}

function patternFault(pattern: string): string | null {
	if (pattern.length > MAX_PATTERN) return 'The host field is too long.';
	if (/[\p{C}"]/u.test(pattern)) return 'The host field holds characters that no host has.';
	if (!pattern.startsWith('|')) {
		return pattern.split(',').every((name) => name !== '' && name !== '!') ? null : 'A host name is empty.';
	}
	return readHashed(pattern) ? null : 'The hashed host is not |1|salt|hash.';
}

/** The first string of a key blob; null when it is none. */
function typeOf(key: string): string | null {
	const blob = fromBase64(key);
	if (!blob || blob.length < 4) return null;
	const length = new DataView(blob.buffer, blob.byteOffset).getUint32(0);
	if (length === 0 || length > 100 || 4 + length >= blob.length) return null;
	const name = String.fromCharCode(...blob.subarray(4, 4 + length));
	return /^[\x21-\x7e]+$/.test(name) ? name : null;
}

/**
 * A host and port as known_hosts writes them: the name alone for port 22, else `[name]:port`. Lower case, since names of
 * hosts have none of their own.
 */
export function knownHostName(host: string, port: number): string {
	const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
	return port === SSH_PORT ? bare : `[${bare}]:${port}`;
}

/** Whether a host field stands for this host and port. A `!name` that matches takes the host out, whatever else does. */
export function matchesHost(pattern: string, host: string, port: number, hmacSha1: HmacSha1): boolean {
	const name = knownHostName(host, port);
	if (pattern.startsWith('|')) {
		const hashed = readHashed(pattern);
		return hashed !== null && equal(hashed.hash, hmacSha1(hashed.salt, name));
	}
	let found = false;
	for (const each of pattern.toLowerCase().split(',')) {
		const negated = each.startsWith('!');
		if (!matchesGlob(negated ? each.slice(1) : each, name)) continue;
		if (negated) return false;
		found = true;
	}
	return found;
}

export function isHashed(pattern: string): boolean {
	return pattern.startsWith('|');
}

/**
 * The host field without this host: its name taken out where it stands by itself, shut out by `!name` where a wildcard
 * has it. Null when nothing is left.
 */
export function withoutHost(pattern: string, host: string, port: number, hmacSha1: HmacSha1): string | null {
	if (!matchesHost(pattern, host, port, hmacSha1)) return pattern;
	if (isHashed(pattern)) return null;
	const name = knownHostName(host, port);
	const rest = pattern.split(',').filter((each) => each.toLowerCase() !== name);
	if (!rest.some((each) => !each.startsWith('!'))) return null;
	const left = rest.join(',');
	return matchesHost(left, host, port, hmacSha1) ? `${left},!${name}` : left;
}

/** `*` is any text, `?` any one character. Without backtracking into what is exponential. */
function matchesGlob(glob: string, text: string): boolean {
	let [g, t, star, mark] = [0, 0, -1, 0];
	while (t < text.length) {
		if (g < glob.length && glob[g] === '*') {
			star = g++;
			mark = t;
		} else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
			g++;
			t++;
		} else if (star >= 0) {
			g = star + 1;
			t = ++mark;
		} else return false;
	}
	while (glob[g] === '*') g++;
	return g === glob.length;
}

/** `|1|salt|hash`, both of 20 bytes: HMAC-SHA1 of the name under the salt. */
function readHashed(pattern: string): { salt: Uint8Array; hash: Uint8Array } | null {
	const [, version, salt64, hash64, ...more] = pattern.split('|');
	if (version !== '1' || !salt64 || !hash64 || more.length > 0) return null;
	const [salt, hash] = [fromBase64(salt64), fromBase64(hash64)];
	return salt?.length === 20 && hash?.length === 20 ? { salt, hash } : null;
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
	if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
	try {
		return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
	} catch {
		return null;
	}
}

function shown(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
