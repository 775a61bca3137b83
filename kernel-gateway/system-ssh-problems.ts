import type { Problem } from '#lib/model/problem.ts';
import type { Check } from '#lib/model/check-list.ts';
import { connectionProblem, quote } from './problems.ts';

/** What people are told when the server's own `ssh` program does not get to a workspace. */
interface Target {
	host: string;
	port: number;
	user: string;
}

const OPERATOR = 'the people who run this server';

export const programMissing = (): Problem => ({
	code: 'ssh-program-missing',
	title: 'There is no ssh program on this server.',
	detail: 'Workspaces that are reached by the configuration of the server need it.',
	remedy: `Ask ${OPERATOR} to install OpenSSH’s client.`
});

export const configurationBroken = ({ host }: Pick<Target, 'host'>, said: string): Problem => ({
	code: 'ssh-configuration',
	title: `The SSH configuration of this server cannot be used for ${host}.`,
	detail: quote(said).trim(),
	remedy: `Show the sentence above to ${OPERATOR}.`
});

/**
 * Why `ssh` ended, from what it wrote to standard error, and the line of the check list it belongs to. `late`: it was
 * ended by us, since it took too long.
 */
export function systemProblem(
	target: Target,
	said: string,
	late: boolean
): { problem: Problem; check: Check } {
	const { host, user } = target;
	const named = /(?:host key is known for|Host key for) \[?([^\s\]]+)/.exec(said)?.[1] ?? host;
	const unmet = { connected: false, greeted: false };
	const connection = (code: string): { problem: Problem; check: Check } => ({
		problem: connectionProblem(target, Object.assign(new Error(code), { code }), unmet),
		check: 'reachable'
	});
	if (/REVOKED HOST KEY|is revoked/.test(said)) {
		return {
			check: 'host-key',
			problem: {
				code: 'ssh-host-key-revoked',
				title: `The key of ${named} is one that this server refuses.`,
				detail: 'It is marked as revoked in the known_hosts of the server. Nothing secret was sent.',
				remedy: `Ask the people who run ${named} for its new key, and ${OPERATOR} to add it.`
			}
		};
	}
	if (/IDENTIFICATION HAS CHANGED|has changed and you have requested strict checking/.test(said)) {
		const seen = /(SHA256:[A-Za-z0-9+/]{43})/.exec(said)?.[1];
		return {
			check: 'host-key',
			problem: {
				code: 'ssh-host-key-changed',
				title: `The machine that answers for ${named} is not the one this server knows.`,
				detail: `${seen ? `Its key is ${seen}, another than` : 'Its key is another than'} in the known_hosts of the server. Nothing secret was sent.`,
				remedy: `Ask the people who run ${named} whether its key has changed. If so, ${OPERATOR} remove the old one (ssh-keygen -R) and add the new one.`
			}
		};
	}
	if (/host key is known for|Host key verification failed/.test(said)) {
		return {
			check: 'host-key',
			problem: {
				code: 'ssh-host-key-unknown',
				title: `This server does not know the key of ${named}.`,
				detail:
					'Workspaces that are reached by the configuration of the server go by its known_hosts alone. Nothing secret was sent.',
				remedy: `Ask ${OPERATOR} to add it: once “ssh ${named}” as the account the server runs as, comparing the fingerprint with the published one.`
			}
		};
	}
	const methods = /Permission denied \(([^)]*)\)/.exec(said)?.[1];
	if (methods !== undefined || /Too many authentication failures/.test(said)) {
		return {
			check: 'sign-in',
			problem: {
				code: 'ssh-system-refused',
				title: `${host} does not let this server log in as ${user}.`,
				detail: methods
					? `It takes: ${methods.split(',').join(', ')}. The server offered what its account has: keys, certificates, its agent, a Kerberos ticket.`
					: 'It refused all that the account of this server has: keys, certificates, its agent, a Kerberos ticket.',
				remedy: `Ask ${OPERATOR} whether its ticket or certificate has run out, or connect in the usual way with a key of your own.`
			}
		};
	}
	if (/Could not resolve hostname/.test(said)) return connection('ENOTFOUND');
	if (/Connection refused/.test(said)) return connection('ECONNREFUSED');
	if (/No route to host|Network is unreachable/.test(said)) return connection('EHOSTUNREACH');
	if (late || /timed out|Timeout, server/.test(said)) return connection('ETIMEDOUT');
	if (/Bad configuration option|Bad owner or permissions|terminating, \d+ bad configuration/.test(said))
		return { check: 'reachable', problem: configurationBroken(target, said) };
	return {
		check: 'reachable',
		problem: {
			code: 'ssh-handshake',
			title: `The SSH connection to ${host} could not be set up.`,
			detail: quote(said).trim() || 'The ssh program of this server ended without a word.',
			remedy: `Try again. When it stays like this, show the sentence above to ${OPERATOR}.`
		}
	};
}
