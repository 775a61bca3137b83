/** One at a time: work that waits for its turn, with a pause between two. */
import { ProblemError } from '#lib/model/problem.ts';

export interface Turns {
	/** Does the work when it is its turn. Rejects at once, with 503, where too many wait already. */
	run<T>(work: () => Promise<T>): Promise<T>;
}

/** `pauseMs`: from the end of one to the start of the next. `mostWaiting`: besides the one under way. */
export function createTurns(pauseMs: number, mostWaiting = 20): Turns {
	let last: Promise<void> = Promise.resolve();
	let waiting = 0;
	return {
		async run(work) {
			if (waiting > mostWaiting) {
				throw new ProblemError(503, {
					code: 'queue-full',
					title: 'Too many people ask the same service right now.',
					detail: `${mostWaiting} questions wait already.`,
					remedy: 'Try again in a minute.'
				});
			}
			waiting += 1;
			const before = last;
			let done!: () => void;
			last = new Promise((resolve) => (done = resolve));
			await before;
			try {
				return await work();
			} finally {
				waiting -= 1;
				if (pauseMs > 0) setTimeout(done, pauseMs).unref();
				else done();
			}
		}
	};
}
