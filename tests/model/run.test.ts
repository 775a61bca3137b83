import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { Output } from '#lib/model/output.ts';
import { applyEvent, MAX_OUTPUTS, newRun, type Run } from '#lib/model/run.ts';
import { readRun, writeRun } from '#lib/model/runtime-doc.ts';
import { appendStream, HEAD_CHARS, TAIL_CHARS } from '#lib/model/stream.ts';

let seq = 0;

function event(
	type: string,
	content: KernelEvent['content'],
	channel: KernelEvent['channel'] = 'iopub'
): KernelEvent {
	return { seq: ++seq, time: seq / 10, channel, type, parent: 'run', content, metadata: {}, buffers: [] };
}

function fold(events: KernelEvent[], run: Run = newRun('run', 'cell', null, 0, 1, '')): Run {
	return events.reduce((state, next) => applyEvent(state, next, 1000), run);
}

const idle = (): KernelEvent => event('status', { execution_state: 'idle' });
const reply = (content: KernelEvent['content'] = { status: 'ok', execution_count: 3 }): KernelEvent =>
	event('execute_reply', content, 'shell');
const input = (): KernelEvent => event('execute_input', { execution_count: 3 });
const print = (text: string, name = 'stdout'): KernelEvent => event('stream', { name, text });

test('a run is done only when both the reply and idle have come, in either order', () => {
	expect(fold([input(), print('a\n'), reply()]).finishedAt).toBeNull();
	expect(fold([input(), print('a\n'), idle()]).finishedAt).toBeNull();
	for (const end of [
		[reply(), print('late\n'), idle()],
		[print('late\n'), idle(), reply()]
	]) {
		const run = fold([input(), ...end]);
		expect(run).toMatchObject({ state: 'done', executionCount: 3, finishedAt: 1000 });
		expect(run.outputs).toEqual([{ type: 'stream', name: 'stdout', text: 'late\n' }]);
	}
});

test('an error is shown and ends the run as error; an interrupt as interrupted', () => {
	const raised = event('error', { ename: 'ValueError', evalue: 'no', traceback: ['\u001b[31mno\u001b[0m'] });
	const run = fold([
		input(),
		raised,
		reply({ status: 'error', ename: 'ValueError', execution_count: 3 }),
		idle()
	]);
	expect(run.state).toBe('error');
	expect(run.outputs).toEqual([
		{ type: 'error', ename: 'ValueError', evalue: 'no', traceback: ['\u001b[31mno\u001b[0m'] }
	]);
	expect(fold([input(), reply({ status: 'error', ename: 'KeyboardInterrupt' }), idle()]).state).toBe(
		'interrupted'
	);
	expect(fold([reply({ status: 'aborted' }), idle()]).state).toBe('cancelled');
});

test('streams of one name join, others stand between them in order', () => {
	const run = fold([print('a'), print('b'), print('!', 'stderr'), print('c')]);
	expect(run.outputs.map((output) => output.type === 'stream' && [output.name, output.text])).toEqual([
		['stdout', 'ab'],
		['stderr', '!'],
		['stdout', 'c']
	]);
});

test('clear_output clears at once, or with wait only when something new comes', () => {
	expect(fold([print('old'), event('clear_output', { wait: false })]).outputs).toEqual([]);
	const waiting = fold([print('old'), event('clear_output', { wait: true })]);
	expect(waiting.outputs).toHaveLength(1);
	expect(fold([print('new')], waiting).outputs).toEqual([{ type: 'stream', name: 'stdout', text: 'new' }]);
});

test('update_display_data changes the display of that id and nothing else', () => {
	const display = (id: string, text: string, type = 'display_data'): KernelEvent =>
		event(type, { data: { 'text/plain': text }, metadata: {}, transient: { display_id: id } });
	const run = fold([display('a', '1'), display('b', '2'), display('a', '3', 'update_display_data')]);
	expect(run.outputs.map((output) => output.type === 'display_data' && output.data['text/plain'])).toEqual([
		'3',
		'2'
	]);
});

test('the kernel’s death ends the run and says why', () => {
	const run = fold([input(), event('died', { reason: 'out-of-memory', limit: 2 ** 33 }, 'agent')]);
	expect(run.state).toBe('error');
	expect(run.outputs[0]).toMatchObject({
		type: 'notice',
		text: expect.stringContaining('out of memory, limit 8.0 GB (cgroup)')
	});
});

test('outputs beyond the limit are refused with one notice', () => {
	const shown = event('display_data', { data: { 'text/plain': 'x' }, metadata: {} });
	const run = fold(Array.from({ length: MAX_OUTPUTS + 50 }, () => shown));
	expect(run.outputs).toHaveLength(MAX_OUTPUTS + 1);
	expect(run.outputs.at(-1)).toMatchObject({ type: 'notice' });
});

test('a carriage return takes the line back, also when it comes in pieces', () => {
	const text = (...parts: string[]): string => {
		let outputs: Output[] = [];
		for (const part of parts) ({ outputs } = appendStream(outputs, 'stdout', part, 's'));
		return outputs.map((output) => (output.type === 'stream' ? output.text : '')).join('');
	};
	expect(text('start\n 10%', '\r 50%', '\r100%\n', 'end')).toBe('start\n100%\nend');
	expect(text(' 10%\r', ' 50%\r', '100%\n')).toBe('100%\n');
	expect(text('a longer line\r', 'short')).toBe('shortger line');
	expect(text('windows\r\nline\r', '\n')).toBe('windows\nline\n');
	expect(text('abc\b\bX')).toBe('aXc');
});

test('a long stream keeps its head and its tail, counts the rest and hands it over piece by piece', () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 5, maxLength: 30 }), (sizes) => {
			let outputs: Output[] = [];
			let whole = '';
			let kept = '';
			sizes.forEach((size, i) => {
				const part = `${i}:${'x'.repeat(size)}\n`;
				whole += part;
				const added = appendStream(outputs, 'stdout', part, 's');
				outputs = added.outputs;
				for (const piece of added.overflow) {
					expect(piece).toMatchObject({ stream: 's', at: kept.length, line: kept.split('\n').length - 1 });
					kept += piece.text;
				}
			});
			const [stream] = outputs;
			if (stream?.type !== 'stream') throw new Error('not a stream');
			const { text, tail = '', omitted = 0 } = stream;
			expect(whole.startsWith(text)).toBe(true);
			expect(whole.endsWith(tail)).toBe(true);
			expect(text.length + omitted + tail.length).toBe(whole.length);
			expect(stream.tail === undefined ? whole : kept + tail).toBe(whole);
			expect(stream.lines ?? 0).toBe(kept.split('\n').length - 1);
			expect(text.length + tail.length).toBeLessThanOrEqual(HEAD_CHARS + TAIL_CHARS * 1.5);
		})
	);
});

test('writing a run step by step or at once gives the same document', () => {
	const step = fc.oneof(
		fc.string({ maxLength: 20 }).map((text) => print(text)),
		fc.string({ maxLength: 5 }).map((text) => print(`${text}\r`)),
		fc.constant(print('err', 'stderr')),
		fc.constant(event('clear_output', { wait: true })),
		fc
			.string()
			.map((text) =>
				event('display_data', { data: { 'text/plain': text }, metadata: {}, transient: { display_id: 'd' } })
			),
		fc.string().map((text) =>
			event('update_display_data', {
				data: { 'text/plain': text },
				metadata: {},
				transient: { display_id: 'd' }
			})
		)
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
			const doc = new Y.Doc();
			let run = newRun('run', 'cell', null, 0, 1, '');
			for (const next of [...steps, reply(), idle()]) {
				run = applyEvent(run, next, 1000);
				doc.transact(() => writeRun(doc, run));
			}
			expect(readRun(doc, 'cell')?.outputs).toEqual(run.outputs);
		})
	);
});
