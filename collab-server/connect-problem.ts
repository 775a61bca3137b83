import type { ConnectResult } from '#lib/model/gateway.ts';
import type { Problem } from '#lib/model/problem.ts';

/** What everybody in the notebook reads while its workspace waits for a person: the owner has to sign in or look. */
export function waitingProblem(
	result: Exclude<ConnectResult, { state: 'connected' | 'failed' }>,
	workspaceName: string
): Problem {
	switch (result.state) {
		case 'needs-sign-in':
			return (
				result.problem ?? {
					code: 'needs-sign-in',
					title: `${workspaceName} wants you to sign in.`,
					detail: 'Passwords and keys are never stored, so the server has none for it now.',
					remedy: 'Connect to it; the cells wait.'
				}
			);
		case 'host-key-changed':
			return {
				code: result.state,
				title: `The host key of ${workspaceName} has changed.`,
				detail: 'Nothing was sent to it. Either the machine was set up anew or somebody stands in between.',
				remedy: 'Connect to it and compare the fingerprint.'
			};
		case 'host-key-unknown':
			return {
				code: result.state,
				title: `${workspaceName} is not known yet.`,
				detail: 'Its host key has to be looked at once before anything is sent to it.',
				remedy: 'Connect to it and compare the fingerprint.'
			};
	}
}
