/**
 * Where a web service of a workspace is shown: every port, of the login node and of the node of each job, has an origin of its own under the origin of user content, so
 * that neither our pages nor another service share cookies, storage or scripts with it. The host name says which port of
 * which workspace it is and nothing that must stay secret; what opens it is a cookie (port-passes.ts).
 */
export interface PortPlace {
	workspace: string;
	/** The kernel on whose job's node it is; null: on the login node. */
	kernel: string | null;
	port: number;
}

/** Scheme and host (with its port) below which the names are made. */
export interface PortZone {
	protocol: 'http:' | 'https:';
	host: string;
}

/**
 * The zone for an installation; null where there is none: a wildcard name below an IP address cannot exist, but browsers
 * take every name below `localhost` for this machine (RFC 6761 section 6.3).
 */
export function portZone(origin: string, userContentOrigin: string): PortZone | null {
	const [site, content] = [new URL(origin), new URL(userContentOrigin)];
	const protocol = content.protocol as PortZone['protocol'];
	if (content.origin !== site.origin && !isAddress(content.hostname)) return { protocol, host: content.host };
	return site.hostname === 'localhost'
		? { protocol: site.protocol as PortZone['protocol'], host: site.host }
		: null;
}

const isAddress = (name: string): boolean => /^[\d.]+$|^\[/.test(name);

/**
 * `p8888-` and the workspace's id in hexadecimal, since host names know no capitals; in a job, `j8888-` and the ids of the
 * workspace and the kernel, shorter, since a label has at most 63 characters (RFC 1035 section 2.3.4).
 */
export function portHost(zone: PortZone, { workspace, kernel, port }: PortPlace): string {
	if (kernel !== null) return `j${port}-${shorten(workspace)}-${shorten(kernel)}.${zone.host}`;
	return `p${port}-${Buffer.from(workspace, 'latin1').toString('hex')}.${zone.host}`;
}

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** An id of up to 20 letters and digits as at most 24 digits of base 36; a 1 before it keeps its zeros. */
function shorten(id: string): string {
	return [...id].reduce((sum, letter) => sum * 62n + BigInt(LETTERS.indexOf(letter)), 1n).toString(36);
}

/** What `shorten` was given; null where it was given nothing. */
function lengthen(text: string): string | null {
	let [id, rest] = ['', [...text].reduce((sum, digit) => sum * 36n + BigInt(parseInt(digit, 36)), 0n)];
	for (; rest > 1n; rest /= 62n) id = LETTERS[Number(rest % 62n)]! + id;
	return rest === 1n && shorten(id) === text && isId(id) ? id : null;
}

/** Letters and digits alone, as ids of ours are: nothing else has a name in the zone. */
export const isId = (text: string): boolean => /^[a-zA-Z0-9]{1,20}$/.test(text);

export function portOrigin(zone: PortZone, place: PortPlace): string {
	return `${zone.protocol}//${portHost(zone, place)}`;
}

/**
 * What a `Host` header names: undefined when it is not below the zone, null when it is but names no port. Only ids of
 * ours come out, whatever went in.
 */
export function placeOfHost(zone: PortZone | null, header: string | undefined): PortPlace | null | undefined {
	const host = header?.toLowerCase();
	if (zone === null || host === undefined || !host.endsWith(`.${zone.host.toLowerCase()}`)) return undefined;
	const label = host.slice(0, -zone.host.length - 1);
	const [, inJob, ...short] = /^j(\d{1,5})-([0-9a-z]{1,24})-([0-9a-z]{1,24})$/.exec(label) ?? [];
	if (inJob !== undefined) {
		const [workspace, kernel] = short.map(lengthen);
		return workspace && kernel && isPort(Number(inJob)) ? { workspace, kernel, port: Number(inJob) } : null;
	}
	const [, digits, hex] = /^p(\d{1,5})-((?:[0-9a-f]{2}){1,20})$/.exec(label) ?? [];
	const port = Number(digits);
	const workspace = Buffer.from(hex ?? '', 'hex').toString('latin1');
	return isPort(port) && isId(workspace) ? { workspace, kernel: null, port } : null;
}

export function isPort(port: number): boolean {
	return Number.isInteger(port) && port > 0 && port < 65_536;
}

/** A path on the service from an address of ours: itself, or `/` when it could lead to another host. */
export function safePath(to: string | null): string {
	if (to === null || !to.startsWith('/')) return '/';
	const url = URL.canParse(to, 'http://here') ? new URL(to, 'http://here') : null;
	return url?.origin === 'http://here' && !/^\/[/\\]/.test(url.pathname)
		? url.pathname + url.search + url.hash
		: '/';
}
