import { describe, expect, test } from 'vitest';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { fromNbOutput, toNbOutput } from '#lib/model/ipynb/output-convert.ts';
import { type BlobRef, isBlobRef, type Output } from '#lib/model/output.ts';
import { fixture, realNotebooks } from './ipynb-support.ts';

const ref = (mime: string): BlobRef => ({ blob: 'ab'.repeat(32), size: 9, mime });
const resolve = ({ mime }: BlobRef) => `<${mime}>`;
const noBlobs = () => {
	throw new Error('There is no reference here.');
};

describe('outputs between file and model', () => {
	test('all outputs of all notebooks come back equal', () => {
		const texts = ['v2', 'v3', 'v4.2', 'v4.5'].map((name) => fixture(`${name}.ipynb`));
		let count = 0;
		for (const text of [...texts, ...realNotebooks().map((notebook) => notebook.text)]) {
			for (const { outputs } of Object.values(importNotebook(text).outputs)) {
				for (const output of outputs) {
					expect(toNbOutput(fromNbOutput(output), noBlobs)).toEqual([output]);
					count += 1;
				}
			}
		}
		expect(count).toBeGreaterThan(10);
	});

	test('lists of lines are joined; JSON is left alone', () => {
		const data = { 'text/plain': ['a\n', 'b'], 'application/json': ['a', 'b'], 'image/png': ['AA\n', 'BB'] };
		expect(fromNbOutput({ output_type: 'display_data', data, metadata: {} })).toEqual({
			type: 'display_data',
			data: { 'text/plain': 'a\nb', 'application/json': ['a', 'b'], 'image/png': 'AA\nBB' },
			metadata: {}
		});
		const stream = fromNbOutput({ output_type: 'stream', name: 'other', text: ['a', 'b'] });
		expect(stream).toEqual({ type: 'stream', name: 'stdout', text: 'ab' });
	});

	test('a file cannot make references into the store', () => {
		const output = fromNbOutput({
			output_type: 'display_data',
			data: { 'application/json': { ...ref('image/png') } },
			metadata: {}
		});
		const value = output.type === 'display_data' ? output.data['application/json'] : undefined;
		expect(isBlobRef(value)).toBe(false);
		expect(JSON.parse(value as string)).toEqual(ref('image/png'));
	});

	test('references are resolved, JSON parsed, displayId left out, other values written as text', () => {
		const data = {
			'image/png': ref('image/png'),
			'text/html': ref('text/html'),
			'application/json': ref('application/json'),
			'application/x-odd': { a: 1 },
			__proto__x: 'p'
		};
		const json = ({ mime }: BlobRef) => (mime === 'application/json' ? '{"k": [1]}' : `<${mime}>`);
		expect(
			toNbOutput(
				{ type: 'execute_result', data, metadata: { m: 1 }, executionCount: 3, displayId: 'd' },
				json
			)
		).toEqual([
			{
				output_type: 'execute_result',
				execution_count: 3,
				metadata: { m: 1 },
				data: {
					'image/png': '<image/png>',
					'text/html': '<text/html>',
					'application/json': { k: [1] },
					'application/x-odd': '{"a":1}',
					__proto__x: 'p'
				}
			}
		]);
	});

	const stream = (more: Partial<Extract<Output, { type: 'stream' }>>): Output => ({ type: 'stream', name: 'stdout', text: 'head', ...more }); // prettier-ignore
	test.each<[string, Output, string, string]>([
		['plain', stream({}), 'stdout', 'head'],
		['head and tail', stream({ tail: 'tail' }), 'stdout', 'headtail'],
		['shortened', stream({ tail: 'tail\n', omitted: 7 }), 'stdout', 'head\n… 7 characters omitted …\ntail\n'],
		['whole', stream({ tail: 't', omitted: 7, id: 'r.1' }), 'stdout', '<r.1>t'],
		['notice', { type: 'notice', level: 'error', text: 'The kernel died.' }, 'stderr', 'The kernel died.\n']
	])('stream: %s', (_name, output, name, text) => {
		expect(toNbOutput(output, resolve, (id) => `<${id}>`)).toEqual([{ output_type: 'stream', name, text }]);
	});
});
