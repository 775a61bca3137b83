/** The page of a sweep and the form before it: values, filters, orders, fields and words. */
import { expect, test } from 'vitest';
import { batchGrid, fieldHint } from '#lib/client/batch-form.ts';
import {
	cell,
	filtered,
	parameterValues,
	partOver,
	sorted,
	stateWords,
	sumWords,
	toggled
} from '#lib/client/sweep-points.ts';
import { originWords } from '#lib/client/version-words.ts';
import type { Json } from '#lib/model/json.ts';
import type { Parameter } from '#lib/model/parameters.ts';
import { isOver, type PointState, type PointStatus, type SweepStatus } from '#lib/model/sweep.ts';
import { sweepPreview } from '#lib/model/sweep-view.ts';

const point = (
	name: string,
	parameters: Record<string, Json>,
	state: PointState = 'done',
	more: Partial<PointStatus> = {}
): PointStatus => ({
	...{ name, parameters, state, job: null, node: '', words: '', cells: null, started: null, finished: null },
	...more
});
const POINTS = [
	point('1', { alpha: 10, mode: 'a' }, 'done', { started: 0, finished: 30 }),
	point('2', { alpha: 9, mode: 'a' }, 'running', { started: 95, cells: { done: 1, all: 4 } }),
	point('3', { alpha: 10, mode: 'b' }, 'failed', { started: 0, finished: 1 }),
	point('4', { alpha: 9, mode: 'b' }, 'queued')
];
const status = (points: PointStatus[]): SweepStatus => ({
	...{ folder: '/f', title: 't', scheduler: 'htcondor', made: 0, points }
});
const names = (points: PointStatus[]): string => points.map(({ name }) => name).join('');

test('values are those there are, numbers by size', () => {
	expect(parameterValues(POINTS)).toEqual([
		{
			name: 'alpha',
			values: [
				{ key: '9', text: '9' },
				{ key: '10', text: '10' }
			]
		},
		{
			name: 'mode',
			values: [
				{ key: '"a"', text: 'a' },
				{ key: '"b"', text: 'b' }
			]
		}
	]);
});

test('filters take values of one parameter or the other, and of all parameters', () => {
	const one = toggled({}, 'alpha', '9');
	expect(names(filtered(POINTS, one))).toBe('24');
	expect(names(filtered(POINTS, toggled(one, 'alpha', '10')))).toBe('1234');
	expect(names(filtered(POINTS, toggled(one, 'mode', '"b"')))).toBe('4');
	expect(toggled(one, 'alpha', '9')).toEqual({});
});

test('orders go by number, by urgency of the state, by time', () => {
	expect(names(sorted(POINTS, { by: '=alpha', descending: false }, 100))).toBe('2413');
	expect(names(sorted(POINTS, { by: '=alpha', descending: true }, 100))).toBe('1324');
	expect(names(sorted(POINTS, { by: 'state', descending: false }, 100))).toBe('3241');
	expect(names(sorted(POINTS, { by: 'duration', descending: true }, 100))).toBe('1234');
	expect(names(sorted(POINTS, null, 100))).toBe('1234');
});

test('a field of two parameters has each point once', () => {
	expect(names(cell(POINTS, ['alpha', 'mode'], ['9', '"b"']))).toBe('4');
	expect(names(cell(POINTS, ['alpha', ''], ['10', '']))).toBe('13');
});

test('how far it is, in words and as a part', () => {
	expect(sumWords(status(POINTS))).toBe('1 done, 1 failed, 1 running, 1 in the queue');
	expect(partOver(status(POINTS))).toBeCloseTo(2.25 / 4);
	expect(stateWords(POINTS[1]!)).toBe('running, 1 of 4 cells');
	expect([isOver(status(POINTS)), isOver(status([POINTS[0]!, POINTS[2]!]))]).toEqual([false, true]);
});

test('the form counts the jobs and says which field is wrong', () => {
	const parameter = (name: string, text: string, more: Partial<Parameter> = {}): Parameter => ({
		...{ name, text, type: '', help: '' },
		...more
	});
	const known = [
		parameter('alpha', '0.1'),
		parameter('n', '3', { type: 'int', help: 'how many' }),
		parameter('mode', "'a'")
	];
	expect(batchGrid(known, {})).toMatchObject({ count: 1, words: '1 job', parameters: {} });
	expect(batchGrid(known, { alpha: '0.1, 0.2, 0.3', n: '1:4', mode: '5' })).toEqual({
		...{ count: 12, words: '12 jobs: 3 × 4', errors: {}, tooMany: false },
		parameters: { alpha: [0.1, 0.2, 0.3], n: [1, 2, 3, 4], mode: ['5'] }
	});
	expect(batchGrid(known, { alpha: '1:30', n: '1:30' })).toMatchObject({ count: 900, tooMany: true });
	expect(batchGrid(known, { alpha: '1,,2' }).errors.alpha).toContain('comma');
	// Of what is not asked for any more nothing is sent.
	expect(batchGrid(known.slice(1), { alpha: '1, 2' }).count).toBe(1);
	expect(fieldHint(known[1]!, undefined)).toBe('int · how many');
	expect(fieldHint(known[1]!, [1, 2, 3, 4, 5, 6, 7])).toBe('7 values: 1, 2, 3, 4, 5, 6, …');
});

test('where a version comes from, in a sentence', () => {
	const run = {
		...({
			kind: 'run',
			sweep: 's',
			point: 'run',
			workspace: 'Group node',
			seconds: 41,
			failure: null
		} as const),
		parameters: { alpha: 0.2 }
	};
	expect(originWords({ origin: run, by: 'Cora' })).toBe('Run on Group node in 41 s with alpha = 0.2 by Cora');
	expect(originWords({ origin: { ...run, failure: 'x', seconds: null, parameters: {} }, by: null })).toBe(
		'Failed on Group node'
	);
	expect(originWords({ origin: { kind: 'kept' }, by: 'Cora' })).toBe('Kept by Cora');
});

test('in small there is the last picture, else the last words', () => {
	const notebook = (...outputs: Json[]): Json => ({
		cells: [{ outputs: outputs.slice(0, 1) }, { outputs: outputs.slice(1) }]
	});
	const picture = (data: string): Json => ({
		...{
			output_type: 'display_data',
			metadata: {},
			data: { 'image/png': [data, '\n'], 'text/plain': ['<Figure>'] }
		}
	});
	const printed = (text: string, name = 'stdout'): Json => ({
		output_type: 'stream',
		name,
		text: [text, '\n']
	});
	expect(sweepPreview(notebook(picture('AAAA'), picture('BBBB'), printed('end')))).toEqual({
		...{ kind: 'image', mime: 'image/png', data: 'BBBB' }
	});
	expect(sweepPreview(notebook(printed('one'), printed('warned', 'stderr')))).toEqual({
		kind: 'text',
		text: 'one'
	});
	expect(
		sweepPreview(notebook(printed('one'), { output_type: 'error', ename: 'E', evalue: 'bad', traceback: [] }))
	).toEqual({ kind: 'text', text: 'E: bad' });
	expect([sweepPreview(notebook()), sweepPreview(null), sweepPreview([{}])]).toEqual([null, null, null]);
});
