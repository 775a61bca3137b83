import dns from 'node:dns';
import net from 'node:net';
import type { Problem } from '#lib/model/problem.ts';
import type { Hop } from './hops.ts';
import type { Permit } from './permit.ts';
import { connectionProblem } from './problems.ts';

/**
 * The connection to the first host of a way. Every address its name stands for is shown to `permit` before a packet goes
 * there, and only what was shown is used. With TCP_NODELAY: without it small frames wait for the acknowledgement of the
 * one before, 44 ms instead of 0.3. Never rejects.
 */
export function connectFirst(
	{ host, port, user }: Hop,
	permit: Permit,
	privileged: boolean,
	limit: number,
	signal: AbortSignal
): Promise<{ socket: net.Socket } | { problem: Problem }> {
	return new Promise((resolve) => {
		let denied: Problem | undefined;
		const lookup: net.LookupFunction = (name, options, done) => {
			dns.lookup(name, { ...options, all: true }, (error, found) => {
				for (const { address: ip } of found ?? []) denied ??= permit({ host, port, ip, privileged });
				if (error ?? denied) done(error ?? new Error('not permitted'), []);
				else if (options.all) done(null, found);
				else done(null, found[0]!.address, found[0]!.family);
			});
		};
		if (net.isIP(host)) denied = permit({ host, port, ip: host, privileged });
		if (denied) return resolve({ problem: denied });
		const socket = net.connect({ host, port, lookup, noDelay: true });
		const fail = (error: Error): void => {
			clearTimeout(deadline);
			signal.removeEventListener('abort', abort);
			socket.destroy();
			const seen = { connected: false, greeted: false };
			resolve({ problem: denied ?? connectionProblem({ host, port, user }, error, seen) });
		};
		const abort = (): void => fail(new Error('given up'));
		const deadline = setTimeout(() => fail(new Error('it took too long to answer')), limit);
		socket.once('error', fail);
		socket.once('connect', () => {
			clearTimeout(deadline);
			signal.removeEventListener('abort', abort);
			socket.off('error', fail);
			// until its user listens, an error must not be one of the process
			socket.on('error', () => {});
			resolve({ socket });
		});
		if (signal.aborted) return abort();
		signal.addEventListener('abort', abort);
	});
}
