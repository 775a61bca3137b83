import { BlockList, isIPv6 } from 'node:net';
import type { Problem } from '#lib/model/problem.ts';

/**
 * Addresses no workspace is on: link-local ones, among them the metadata services of clouds, which hand out the server's
 * own credentials to whoever asks from here.
 */
const NEVER = new BlockList();
NEVER.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER.addSubnet('fe80::', 10, 'ipv6');
NEVER.addAddress('fd00:ec2::254', 'ipv6');
NEVER.addSubnet('0.0.0.0', 8, 'ipv4');
NEVER.addAddress('::', 'ipv6');
NEVER.addSubnet('224.0.0.0', 4, 'ipv4');
NEVER.addSubnet('ff00::', 8, 'ipv6');

/** Why the gateway may not connect to this address, or undefined; asked of every address a name resolves to. */
export function mayBeReached({ host, ip }: { host: string; ip: string | undefined }): Problem | undefined {
	if (ip === undefined) return undefined;
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
	const refused = mapped ? NEVER.check(mapped, 'ipv4') : NEVER.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
	if (!refused) return undefined;
	return {
		code: 'address-refused',
		title: `This server does not connect to ${host}.`,
		detail: `${ip} is an address for use on one network segment or by the machine itself.`,
		remedy: 'Name the machine by an address that is its own.'
	};
}
