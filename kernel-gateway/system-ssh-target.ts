import { execFile } from 'node:child_process';
import dns from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Problem } from '#lib/model/problem.ts';
import type { SshAddress } from './hops.ts';
import { ALLOW_ALL, type Permit } from './permit.ts';
import { addressInvalid, connectionProblem } from './problems.ts';
import { configurationBroken, programMissing } from './system-ssh-problems.ts';

/** The `ssh` program of the machine the server runs on, and what it goes by. */
export interface SystemSsh {
	/** `ssh` from the search path, without it. */
	program?: string;
	/** A configuration file to read instead of the account's and the system's. */
	config?: string;
	/** The environment it runs in; the server's own, without it. */
	env?: Record<string, string>;
}

/** OpenSSH puts host and user into commands (ProxyCommand, Match exec): nothing a shell or an option parser would read. */
const HOST = /^[a-z0-9_][a-z0-9._-]*$/i;
const USER = /^[a-z0-9_][a-z0-9._+@-]*$/i;

/**
 * The arguments that name the account, host last. Port 22 is not said: then the configuration may name another one.
 * A problem where host or user could be read as something else.
 */
export function targetArguments({ host, port, user }: SshAddress): { args: string[] } | { problem: Problem } {
	const sane = (HOST.test(host) || isIPv6(host)) && USER.test(user) && port > 0 && port < 65_536;
	if (!sane) return { problem: addressInvalid({ host, port, user }) };
	return { args: [...(port === 22 ? [] : ['-p', String(port)]), '-l', user, '--', host] };
}

export function configArguments({ config }: SystemSsh): string[] {
	return config === undefined ? [] : ['-F', config];
}

/**
 * Asks `permit` about all that can be known of the way: every address of the first host, which this machine connects to,
 * and the names of those behind it. The program looks the name up once more itself, and what a ProxyCommand connects to
 * is its own affair: the operator wrote it. Answers why not, or undefined.
 */
export async function permitWay(
	ssh: SystemSsh,
	address: SshAddress,
	permit: Permit = ALLOW_ALL
): Promise<Problem | undefined> {
	const { privileged } = address;
	const named = targetArguments(address);
	if ('problem' in named) return named.problem;
	let read = await effective(ssh, named.args);
	for (let depth = 0; depth < 10; depth++) {
		if ('problem' in read) return read.problem;
		const { hostname, port, jump, command } = read;
		if (!jump && !command) return permitAll({ host: hostname, port, user: address.user }, privileged, permit);
		const denied = permit({ host: hostname, port, ip: undefined, privileged });
		if (denied || !jump) return denied;
		read = await effective(ssh, jump);
	}
	return configurationBroken(address, 'its jump hosts go in a circle');
}

async function permitAll(
	target: { host: string; port: number; user: string },
	privileged: boolean,
	permit: Permit
): Promise<Problem | undefined> {
	const { host, port } = target;
	try {
		const found = isIP(host) ? [{ address: host }] : await dns.lookup(host, { all: true });
		for (const { address: ip } of found) {
			const denied = permit({ host, port, ip, privileged });
			if (denied) return denied;
		}
		return undefined;
	} catch (error) {
		return connectionProblem(target, error as Error, { connected: false, greeted: false });
	}
}

/** What the configuration makes of a host (`ssh -G`). `jump`: arguments that name the jump host before it. */
type Effective =
	{ hostname: string; port: number; jump: string[] | null; command: boolean } | { problem: Problem };

function effective(ssh: SystemSsh, target: string[]): Promise<Effective> {
	const { program = 'ssh', env } = ssh;
	const args = ['-G', ...configArguments(ssh), ...target];
	return new Promise((resolve) => {
		execFile(program, args, { timeout: 10_000, ...(env ? { env } : {}) }, (error, output, said) => {
			if (error?.code === 'ENOENT') return resolve({ problem: programMissing() });
			if (error)
				return resolve({ problem: configurationBroken({ host: target.at(-1)! }, said || error.message) });
			const value = (name: string): string | null =>
				new RegExp(`^${name} (.*)$`, 'm').exec(output)?.[1]?.trim() ?? null;
			const [, user, host, port] =
				/^(?:(.+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(value('proxyjump')?.split(',')[0] ?? 'none') ?? [];
			const jump = host && host !== 'none' ? host.replace(/^\[(.*)\]$/, '$1') : null;
			resolve({
				hostname: value('hostname') ?? target.at(-1)!,
				port: Number(value('port') ?? 22),
				jump:
					jump === null ? null : [...(port ? ['-p', port] : []), ...(user ? ['-l', user] : []), '--', jump],
				command: ![null, 'none'].includes(value('proxycommand'))
			});
		});
	});
}
