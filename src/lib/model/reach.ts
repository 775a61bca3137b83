/**
 * Where workspaces may be: the administrators' list, the addresses that are closed without one, and the decision about
 * one address. Pure, so that the settings page says of a line what the server will make of it.
 */
import {
	hiddenIn,
	ipText,
	isWithin,
	networkText,
	readHost,
	readIp,
	readNetwork,
	type Ip,
	type Network
} from './ip-address.ts';

/** From and to, both included. */
export type PortRange = [number, number];

export interface ReachEntry {
	/** A name, a name with `*` (leading `*.`: any depth; `*` alone: everything), an IP address or a network (CIDR). */
	host: string;
	/** Empty: every port. */
	ports: PortRange[];
}

export interface ReachTarget {
	/** As typed. */
	host: string;
	port: number;
	/** One of the addresses it stands for; undefined where the host is reached from a hop before it, which looks it up. */
	ip: string | undefined;
	/** For a workspace of an administrator's own. */
	privileged: boolean;
}

export type Verdict =
	/** `by` says which rule, in a few words. */
	| { allowed: true; by: string }
	| { allowed: false; code: 'address-closed' | 'address-not-listed'; by: string };

/** The most lines a list has. */
export const MAX_REACH_ENTRIES = 500;

/** One line of the list: host, and after a space the ports (`22`, `22,2222`, `2200-2299`; `any` or nothing: all). */
export function readReachLine(line: string): { entry: ReachEntry } | { fault: string } {
	const [host = '', portText = 'any', ...more] = line.trim().split(/\s+/);
	if (more.length > 0) return { fault: 'One host and its ports: separate ports by commas, without spaces.' };
	const read = readReachHost(host);
	if ('fault' in read) return read;
	const ports: PortRange[] = [];
	for (const part of portText === 'any' ? [] : portText.split(',')) {
		const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
		const range: PortRange = [Number(from), Number(to)];
		if (!isRange(range)) return { fault: `“${part}” is no port: they are 1 to 65535, a range is 2200-2299.` };
		ports.push(range);
	}
	return { entry: { host: read.host, ports } };
}

/** The line of an entry. */
export function reachLine({ host, ports }: ReachEntry): string {
	const words = ports.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
	return words.length ? `${host} ${words.join(',')}` : host;
}

export function isRange([from, to]: PortRange): boolean {
	return Number.isInteger(from) && Number.isInteger(to) && from >= 1 && to <= 65_535 && from <= to;
}

/** The host of an entry as it is kept: lower case, ASCII, addresses in their short form, no bits behind a prefix. */
export function readReachHost(text: string): { host: string } | { fault: string } {
	if (text === '') return { fault: 'Name a host.' };
	if (text === '*') return { host: text };
	if (text.includes('/') || text.includes(':')) {
		const network = readNetwork(text.replace(/^\[(.*)\]$/, '$1'));
		if (network) return { host: networkText(network) };
		if (text.includes('://')) return { fault: 'A host, not the address of a page.' };
		if (/^[^:]+:[\d,-]+$/.test(text)) return { fault: 'Separate the host and its ports by a space.' };
		return { fault: `“${text}” is neither an address nor a network like 10.0.0.0/8.` };
	}
	if (text.includes('@')) return { fault: 'A host without a user.' };
	if (text.includes('*')) {
		const name = readHost(text.replaceAll('*', 'x'));
		if (name?.kind === 'name' && !text.includes('**')) return { host: text.toLowerCase().replace(/\.$/, '') };
		return { fault: `“${text}” is no pattern: one for names is *.example.org, a network is 10.0.0.0/8.` };
	}
	const host = readHost(text);
	if (!host) return { fault: `“${text}” is neither a name nor an address.` };
	return { host: host.kind === 'ip' ? ipText(host.ip) : host.name };
}

/** What an entry means, for a reader of the list. */
export function reachWords({ host, ports }: ReachEntry): string {
	const network = readNetwork(host);
	const closed = network && closedAs(network.address);
	const where =
		host === '*'
			? 'every host'
			: network
				? network.prefix === network.address.length * 8
					? `the address ${host}`
					: `the addresses ${host}`
				: host.startsWith('*.')
					? `names that end in ${host.slice(1)}`
					: host.includes('*')
						? `names like ${host}`
						: `the name ${host}`;
	const at =
		ports.length === 0
			? 'any port'
			: `${isOne(ports) ? 'port' : 'ports'} ${reachLine({ host: '', ports }).trim()}`;
	return `${where}, ${at}${closed && opens(network, closed) ? `; this opens ${closed.kind} to everybody` : ''}`;
}

/**
 * Whether the server may connect. Without a list everything that is not closed is open; with one, what it lists. What is
 * closed is opened only by an entry within the closed range (127.0.0.0/8 opens loopback, 0.0.0.0/0 does not; a metadata
 * address must be listed itself). Administrators' own workspaces may be on this machine's loopback.
 */
export function judge(
	list: readonly ReachEntry[],
	{ host, port, ip: text, privileged }: ReachTarget
): Verdict {
	const typed = readHost(host);
	const hop = text === undefined;
	const ip = hop ? (typed?.kind === 'ip' ? typed.ip : null) : readIp(text);
	if (!hop && !ip) return { allowed: false, code: 'address-closed', by: `${text} is no IP address` };
	const closed = ip ? closedAs(ip) : undefined;
	// The loopback a later hop means is that of the hop before it, not ours.
	const shut = closed && !(closed.kind === 'loopback' && (privileged || (hop && list.length === 0)));
	const fitting = list.filter(
		({ ports }) => ports.length === 0 || ports.some(([from, to]) => port >= from && port <= to)
	);
	const opened = fitting.find((entry) => {
		const network = readNetwork(entry.host);
		return network && ip && isWithin(ip, network) && (!shut || opens(network, closed));
	});
	if (opened) return { allowed: true, by: `listed as ${reachLine(opened)}` };
	if (shut) return { allowed: false, code: 'address-closed', by: `${ipText(ip!)} is ${closed.words}` };
	if (closed && privileged)
		return { allowed: true, by: 'loopback is open for administrators’ own workspaces' };
	if (list.length === 0) return { allowed: true, by: 'nothing is listed, and this address is not closed' };
	const named = fitting.find((entry) => isNamed(entry.host, typed?.kind === 'name' ? typed.name : null));
	if (named) return { allowed: true, by: `listed as ${reachLine(named)}` };
	const what = ip && typed?.kind === 'name' ? `neither ${typed.name} nor ${ipText(ip)}` : `${host} is not`;
	return {
		allowed: false,
		code: 'address-not-listed',
		by: `${what}${ip && typed?.kind === 'name' ? ' is' : ''} among the places that are listed for port ${port}`
	};
}

/** Why an address is closed to servers' users, and the range an entry must lie within to open it. */
export interface Closed {
	kind: 'loopback' | 'link-local' | 'metadata' | 'unspecified' | 'multicast' | 'broadcast' | 'hidden';
	words: string;
	range: Network;
}

/** Undefined for addresses that are open by default. */
export function closedAs(ip: Ip): Closed | undefined {
	for (const { kind, words, ranges } of CLOSED) {
		const range = ranges.find((each) => isWithin(ip, each));
		if (range) return { kind, words, range };
	}
	for (const inner of hiddenIn(ip)) {
		const closed = closedAs(inner);
		if (!closed) continue;
		const words = `another way to write or reach ${ipText(inner)}, ${closed.words}`;
		return { kind: 'hidden', words, range: { address: ip, prefix: 128 } };
	}
	return undefined;
}

const closed = (kind: Closed['kind'], words: string, ...ranges: string[]) => ({
	kind,
	words,
	ranges: ranges.map((text) => readNetwork(text)!)
});

/**
 * What nobody's workspace is at, most particular first. Sources: IANA's IPv4 and IPv6 special-purpose address registries;
 * for metadata the manuals of the clouds.
 */
const CLOSED = [
	closed(
		'metadata',
		'a service of a cloud that hands out this server’s own credentials',
		'169.254.169.254', // most clouds
		'169.254.170.2', // AWS: containers
		'169.254.170.23', // AWS: Kubernetes
		'169.254.0.23', // Tencent
		'100.100.100.200', // Alibaba
		'168.63.129.16', // Azure
		'192.0.0.192', // Oracle
		'fd00:ec2::254', // AWS
		'fd00:ec2::23', // AWS: Kubernetes
		'fd20:ce::254', // Google
		'fd00:42::42', // Scaleway
		'fe80::a9fe:a9fe' // OpenStack
	),
	closed('loopback', 'a loopback address: the server itself', '127.0.0.0/8', '::1'),
	closed('link-local', 'a link-local address: for one network segment only', '169.254.0.0/16', 'fe80::/10'),
	closed('unspecified', 'an address that stands for no machine, or for the server itself', '0.0.0.0/8', '::'),
	closed('multicast', 'a multicast address', '224.0.0.0/4', 'ff00::/8'),
	closed('broadcast', 'a broadcast address', '255.255.255.255')
];

function opens(network: Network, { range }: Closed): boolean {
	return network.prefix >= range.prefix && isWithin(network.address, range);
}

/** Whether a name entry lists this name; null stands for an address, which only `*` names. */
/** Whether a typed host is what an entry's host says, as a name or as an address. Nothing is looked up. */
export function isHostLike(entry: string, host: string): boolean {
	const typed = readHost(host);
	const network = readNetwork(entry);
	if (network) return typed?.kind === 'ip' && isWithin(typed.ip, network);
	return isNamed(entry, typed?.kind === 'name' ? typed.name : null);
}

function isNamed(entry: string, name: string | null): boolean {
	if (entry === '*') return true;
	if (name === null || readNetwork(entry)) return false;
	if (!entry.includes('*')) return entry === name;
	const [first, ...labels] = entry.split('.');
	const pattern = [first === '*' ? '.+' : likeLabel(first!), ...labels.map(likeLabel)].join('\\.');
	return new RegExp(`^${pattern}$`).test(name);
}

function likeLabel(label: string): string {
	return label.replace(/[^\w*-]/g, '\\$&').replaceAll('*', '[^.]*');
}

function isOne(ports: PortRange[]): boolean {
	return ports.length === 1 && ports[0]![0] === ports[0]![1];
}
