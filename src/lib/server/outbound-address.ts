/**
 * Where this server may connect to on its own account (services for metadata, git repositories): public addresses. A name is looked
 * up once, every address it has must pass, and the connection goes to what was checked, so that a name that answers otherwise the
 * second time leads nowhere.
 */
import dns from 'node:dns/promises';
import { ipText, isWithin, readHost, readIp, readNetwork, type Ip } from '#lib/model/ip-address.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { closedAs } from '#lib/model/reach.ts';

export interface AddressRules {
	/** Networks (CIDR) that are open although they are private or this machine's own, as the operator configured. */
	networks?: readonly string[];
	/** For tests: another way to look names up. */
	lookup?: (host: string) => Promise<string[]>;
}

/** Networks that are somebody's own. Sources: RFC 1918, RFC 6598, RFC 4193, RFC 3879, RFC 6890, RFC 2544, RFC 5737, RFC 3849. */
const PRIVATE = [
	...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '192.0.0.0/24', '198.18.0.0/15'],
	...[
		'192.0.2.0/24',
		'198.51.100.0/24',
		'203.0.113.0/24',
		'240.0.0.0/4',
		'fc00::/7',
		'fec0::/10',
		'2001:db8::/32'
	]
].map((text) => readNetwork(text)!);

/**
 * The addresses of a host, all of which may be connected to. Rejects with a ProblemError: 502 `outbound-unknown` where the name is
 * not known, 403 `outbound-closed` where one of its addresses is closed.
 */
export async function outboundAddresses(host: string, rules: AddressRules = {}): Promise<string[]> {
	const networks = (rules.networks ?? []).flatMap((text) => readNetwork(text) ?? []);
	const found = await addressesOf(host, rules.lookup ?? lookUp);
	for (const ip of found) {
		const why = networks.some((network) => isWithin(ip, network)) ? undefined : closedWords(ip);
		if (why === undefined) continue;
		throw new ProblemError(403, {
			code: 'outbound-closed',
			title: `This server does not connect to ${host}.`,
			detail: `${ipText(ip)} is ${why}.`,
			remedy:
				'Only machines that everybody can reach are asked. The operator of this site can open a network.'
		});
	}
	return found.map(ipText);
}

async function addressesOf(host: string, lookup: (host: string) => Promise<string[]>): Promise<Ip[]> {
	const read = readHost(host);
	if (read?.kind === 'ip') return [read.ip];
	let found: Ip[] = [];
	let why = 'no answer';
	try {
		if (read) found = (await lookup(read.name)).flatMap((text) => readIp(text) ?? []);
	} catch (error) {
		why = (error as NodeJS.ErrnoException).code ?? why;
	}
	if (found.length > 0) return found;
	throw new ProblemError(502, {
		code: 'outbound-unknown',
		title: `There is no machine with the name ${host}.`,
		detail: `The name could not be looked up (${why}). Perhaps this server has no way to the Internet.`,
		remedy: 'Check the spelling, or try again later.'
	});
}

async function lookUp(name: string): Promise<string[]> {
	const found = await dns.lookup(name, { all: true });
	return found.map(({ address }) => address);
}

function closedWords(ip: Ip): string | undefined {
	return (
		closedAs(ip)?.words ??
		(PRIVATE.some((network) => isWithin(ip, network)) ? 'a private address' : undefined)
	);
}
