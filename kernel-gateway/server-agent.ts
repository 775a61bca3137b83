import ssh2, { type ParsedKey, type SigningRequestOptions } from 'ssh2';
import type { Problem } from '#lib/model/problem.ts';
import { agentUnavailable } from './sign-in-problems.ts';

/** One key the agent holds, and how it signs. */
export interface AgentKey {
	key: ParsedKey;
	sign: (data: Buffer, options: SigningRequestOptions) => Promise<Buffer>;
}

/**
 * What the SSH agent at a socket holds, key by key: each is offered as a step of its own, so that a partial success is not
 * taken for a refusal. Never rejects.
 */
export function readAgent(socket: string): Promise<{ keys: AgentKey[] } | { problem: Problem }> {
	const agent = ssh2.createAgent(socket);
	const sign = (key: ParsedKey, data: Buffer, options: SigningRequestOptions): Promise<Buffer> =>
		new Promise((resolve, reject) => {
			agent.sign(key, data, options, (error, signature) =>
				signature ? resolve(signature) : reject(error ?? new Error('it did not sign'))
			);
		});
	return new Promise((resolve) => {
		agent.getIdentities((error, keys) => {
			if (error) return resolve({ problem: agentUnavailable(error.message) });
			const found = (keys ?? []) as ParsedKey[];
			resolve({ keys: found.map((key) => ({ key, sign: (data, options) => sign(key, data, options) })) });
		});
	});
}
