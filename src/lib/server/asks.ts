/** The questions of machines over HTTP, for people without a page: command line clients. */
import { ProblemError } from '#lib/model/problem.ts';
import type { PersonLines } from './person-lines.ts';
import type { Asks } from './services.ts';

export function createAsks(lines: PersonLines): Asks {
	return {
		list: (caller) => lines.openFor(caller.user.id),

		answer(caller, id, answer) {
			const outcome = lines.answer(caller.user.id, id, answer);
			if (outcome === 'settled') {
				throw new ProblemError(404, {
					code: 'ask-settled',
					title: 'This is not asked any more.',
					detail: 'It was answered elsewhere or taken back, or it was never asked of you.',
					remedy: 'Look at the list again.'
				});
			}
			if (outcome === 'unfit') {
				throw new ProblemError(400, {
					code: 'answer-unfit',
					title: 'This is no answer to that question.',
					detail: 'Prompts are answered all at once, one text each; a signature has 64 bytes.',
					remedy: 'Look at the question again.'
				});
			}
		}
	};
}
