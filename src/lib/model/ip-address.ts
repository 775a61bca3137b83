/**
 * IP addresses as bytes, and what a text in a host field stands for. The URL parser of browser and Node reads numbers as
 * the resolver's inet_aton does (decimal, hexadecimal, octal, short forms) and turns names into ASCII (IDNA).
 */

/** 4 bytes or 16. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`, RFC 4291 section 2.5.5.2) is the IPv4 one: it goes there. */
export type Ip = Uint8Array;

export interface Network {
	address: Ip;
	/** Bits that count. */
	prefix: number;
}

export type HostText = { kind: 'ip'; ip: Ip } | { kind: 'name'; name: string };

/** What the resolver would take this text for; null where it is neither an address nor a name. Brackets and zones are dropped. */
export function readHost(text: string): HostText | null {
	const bare = text.trim().replace(/^\[(.*)\]$/, '$1');
	if (bare.includes(':')) {
		const ip = readIp(bare);
		return ip && { kind: 'ip', ip };
	}
	// what the URL parser would decode or cut off, and the resolver would not
	if (!/^[^\s\p{C}%/\\?#@<>^|[\]*]+$/u.test(bare)) return null;
	const host = hostname(bare)?.replace(/\.$/, '');
	if (!host) return null;
	return /^\d+\.\d+\.\d+\.\d+$/.test(host)
		? { kind: 'ip', ip: Uint8Array.from(host.split('.'), Number) }
		: { kind: 'name', name: host };
}

/** An address in one of its usual or unusual spellings; null for everything else. */
export function readIp(text: string): Ip | null {
	const bare = text.replace(/%.*$/, '');
	if (!bare.includes(':')) {
		const host = readHost(bare);
		return host?.kind === 'ip' ? host.ip : null;
	}
	const host = hostname(`[${bare}]`)?.slice(1, -1);
	if (!host) return null;
	const [head = '', rest] = host.split('::');
	const before = head ? head.split(':') : [];
	const after = rest ? rest.split(':') : [];
	const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
	const bytes = Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16)]));
	return startsWith(bytes, MAPPED) ? bytes.slice(12) : bytes;
}

/** `a.b.c.d`, or IPv6 as RFC 5952 wants it. */
export function ipText(ip: Ip): string {
	if (ip.length === 4) return ip.join('.');
	const groups = Array.from({ length: 8 }, (_, at) => ((ip[2 * at]! << 8) | ip[2 * at + 1]!).toString(16));
	return hostname(`[${groups.join(':')}]`)!.slice(1, -1);
}

/** `10.0.0.0/8`, or a single address; bits behind the prefix are dropped. Null where it is neither. */
export function readNetwork(text: string): Network | null {
	const [address = '', prefix, more] = text.split('/');
	const ip = more === undefined ? readIp(address) : null;
	if (!ip) return null;
	const all = ip.length * 8;
	if (prefix === undefined) return { address: ip, prefix: all };
	const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
	// the bits of a mapped address are counted in IPv6
	const own = ip.length === 4 && address.includes(':') ? bits - 96 : bits;
	return own >= 0 && own <= all
		? { address: ip.map((byte, at) => byte & maskByte(own, at)), prefix: own }
		: null;
}

export function networkText({ address, prefix }: Network): string {
	return prefix === address.length * 8 ? ipText(address) : `${ipText(address)}/${prefix}`;
}

export function isWithin(ip: Ip, { address, prefix }: Network): boolean {
	return (
		ip.length === address.length &&
		ip.every((byte, at) => ((byte ^ address[at]!) & maskByte(prefix, at)) === 0)
	);
}

/**
 * The IPv4 addresses that an IPv6 address leads to by a translator or a tunnel: IPv4-compatible (RFC 4291), SIIT
 * (RFC 2765), NAT64 (RFC 6052 and RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380: server and client), ISATAP (RFC 5214).
 */
export function hiddenIn(ip: Ip): Ip[] {
	if (ip.length === 4) return [];
	const at = (start: number): Ip => ip.slice(start, start + 4);
	if (startsWith(ip, COMPATIBLE) || startsWith(ip, SIIT) || startsWith(ip, NAT64)) return [at(12)];
	if (startsWith(ip, NAT64_LOCAL)) {
		// with a prefix of 96 bits, or of 48: where one finds nothing it is the other
		const both = [at(12), Uint8Array.of(ip[6]!, ip[7]!, ip[9]!, ip[10]!)];
		const some = both.filter((inner) => inner.some((byte) => byte !== 0));
		return some.length ? some : both;
	}
	if (startsWith(ip, [0x20, 0x02])) return [at(2)];
	if (startsWith(ip, [0x20, 0x01, 0, 0])) return [at(4), at(12).map((byte) => byte ^ 0xff)];
	if ((ip[8]! & 0xfd) === 0 && startsWith(ip.slice(9), [0, 0x5e, 0xfe])) return [at(12)];
	return [];
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const COMPATIBLE = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const SIIT = [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0];
const NAT64 = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
const NAT64_LOCAL = [0, 0x64, 0xff, 0x9b, 0, 1];

function startsWith(ip: Ip, bytes: readonly number[]): boolean {
	return bytes.every((byte, at) => ip[at] === byte);
}

/** The bits of byte `at` that a prefix covers. */
function maskByte(prefix: number, at: number): number {
	return (0xff00 >> Math.max(0, Math.min(8, prefix - 8 * at))) & 0xff;
}

function hostname(host: string): string | undefined {
	try {
		return new URL(`http://${host}/`).hostname;
	} catch {
		return undefined;
	}
}
