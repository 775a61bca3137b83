/** What the agent says about a sweep comes from files that anybody of the account can change. */
import { expect, test } from 'vitest';
import { readSweep } from '#gateway/sweep-status.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { isOver } from '#lib/model/sweep.ts';

const POINT = {
	...{ name: 'a', parameters: { x: 1 }, state: 'running', job: '1.0', node: 'n1', words: '' },
	...{ cells: { done: 1, all: 2 }, started: 5, finished: null }
};
const SWEEP = { folder: '/f', title: 't', scheduler: 'slurm', made: 1, points: [POINT] };

test('an answer is read field by field; what a newer agent adds goes no further', () => {
	const answer = {
		...SWEEP,
		more: 1,
		points: [
			{ ...POINT, more: 1 },
			{ ...POINT, job: null, cells: null, started: null }
		]
	};
	const read = readSweep(answer);
	expect(read).toEqual({ ...SWEEP, points: [POINT, { ...POINT, job: null, cells: null, started: null }] });
	expect(isOver(read)).toBe(false);
	expect(isOver(readSweep({ ...SWEEP, points: [{ ...POINT, state: 'ended', finished: 7 }] }))).toBe(true);
});

test.each<[string, JsonObject]>([
	['points', { ...SWEEP, points: null }],
	['a point', { ...SWEEP, points: [1] }],
	['scheduler', { ...SWEEP, scheduler: 'pbs' }],
	['made', { ...SWEEP, made: '1' }],
	['state', { ...SWEEP, points: [{ ...POINT, state: 'odd' }] }],
	['parameters', { ...SWEEP, points: [{ ...POINT, parameters: [] }] }],
	['done', { ...SWEEP, points: [{ ...POINT, cells: { all: 1 } }] }],
	['words', { ...SWEEP, points: [{ ...POINT, words: null }] }]
])('%s that is none is told', (name, answer) => {
	expect(() => readSweep(answer)).toThrow(
		expect.objectContaining({
			status: 502,
			problem: expect.objectContaining({
				code: 'agent-answer',
				detail: expect.stringContaining(`field ${name} `)
			})
		})
	);
});
