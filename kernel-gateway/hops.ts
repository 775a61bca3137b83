import type { AtHop } from '#lib/model/gateway.ts';
import type { HostTrust, SshHop, WorkspaceAddress } from '#lib/model/workspace.ts';

export type SshAddress = Extract<WorkspaceAddress, { kind: 'ssh' }>;

/** One account on the way to a workspace, with what is known of its host. */
export interface Hop extends SshHop {
	/** 0 is the first jump host, or the workspace itself when there is none. */
	index: number;
	/** How many there are on this way. */
	count: number;
	trust: HostTrust;
}

const NOTHING: HostTrust = { accepted: [], pinned: [], revoked: [] };

/** The accounts to go through, the workspace itself last. */
export function hopsOf(address: SshAddress): Hop[] {
	const { host, port, user } = address;
	const way = [...address.jumps, { host, port, user }];
	return way.map((hop, index) => ({
		...{ host: hop.host, port: hop.port, user: hop.user, index, count: way.length },
		trust: address.trust[index] ?? NOTHING
	}));
}

/** The hop as results name it. */
export function atHop({ index, host, port, user }: Hop): AtHop {
	return { hop: index, host, port, user };
}

/** The same account on the same host, whatever its place on a way. */
export function accountOf({ host, port, user }: SshHop): string {
	return JSON.stringify([user, host, port]);
}

export function isSane({ host, port, user }: SshHop): boolean {
	return host.trim() !== '' && user !== '' && Number.isInteger(port) && port > 0 && port < 65536;
}

/** Whether a line to one address is also one to the other. */
export function isSamePlace(one: WorkspaceAddress, other: WorkspaceAddress | undefined): boolean {
	if (one.kind === 'local' || other?.kind !== 'ssh') return one.kind === other?.kind;
	const way = (address: SshAddress): string => hopsOf(address).map(accountOf).join();
	return one.way === other.way && way(one) === way(other);
}
