import * as Y from 'yjs';
import { ProblemError } from '#lib/model/problem.ts';

/** How long a command waits for the edits it was made on. They travel on the same socket and are mostly here already. */
const WAIT_MS = 5000;

/**
 * Resolves when `doc` holds everything the state vector names. Rejects with ProblemError 409 when it has not come
 * within five seconds (400 when it is no state vector).
 */
export async function covers(doc: Y.Doc, stateVector: Uint8Array): Promise<void> {
	let wanted: Map<number, number>;
	try {
		wanted = Y.decodeStateVector(stateVector);
	} catch {
		throw new ProblemError(400, {
			code: 'state-vector-unreadable',
			title: 'The request does not say which version of the notebook it means.',
			remedy: 'Reload the page.'
		});
	}
	const missing = (): boolean => [...wanted].some(([client, clock]) => Y.getState(doc.store, client) < clock);
	if (!missing()) return;
	await new Promise<void>((resolve, reject) => {
		const check = (): void => {
			if (missing()) return;
			done();
			resolve();
		};
		const done = (): void => {
			clearTimeout(timer);
			doc.off('update', check);
		};
		const timer = setTimeout(() => {
			done();
			reject(
				new ProblemError(409, {
					code: 'edits-missing',
					title: 'Your last edits have not reached the server.',
					detail: 'Nothing was run, because it would not have been what you see.',
					remedy: 'Wait until the notebook says Saved and run again.'
				})
			);
		}, WAIT_MS);
		doc.on('update', check);
	});
}
