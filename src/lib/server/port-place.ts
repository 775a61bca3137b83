/**
 * Where a web service of a workspace is shown: every port has an origin of its own under the origin of user content, so
 * that neither our pages nor another service share cookies, storage or scripts with it. The host name says which port of
 * which workspace it is and nothing that must stay secret; what opens it is a cookie (port-passes.ts).
 */
export interface PortPlace {
	workspace: string;
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

/** `p8888-` and the workspace's id in hexadecimal, since host names know no capitals. */
export function portHost(zone: PortZone, { workspace, port }: PortPlace): string {
	return `p${port}-${Buffer.from(workspace, 'latin1').toString('hex')}.${zone.host}`;
}

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
	const [, digits, hex] = /^p(\d{1,5})-((?:[0-9a-f]{2}){1,20})$/.exec(label) ?? [];
	const port = Number(digits);
	const workspace = Buffer.from(hex ?? '', 'hex').toString('latin1');
	return isPort(port) && /^[a-zA-Z0-9]{1,20}$/.test(workspace) ? { workspace, port } : null;
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
