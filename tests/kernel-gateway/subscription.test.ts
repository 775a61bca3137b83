import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { Subscription } from '#gateway/subscription.ts';
import { SILENT } from '#gateway/log.ts';
import { Ear } from './harness.ts';

const event = (seq: number): KernelEvent => ({
	seq,
	time: 0,
	channel: 'iopub',
	type: 'stream',
	parent: '',
	content: {},
	metadata: {},
	buffers: []
});
const events = (from: number, to: number) =>
	Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => event(from + index));

test('however often parts are sent again, each event is heard once and in order', () => {
	const restarts = fc.array(fc.record({ back: fc.nat(30), count: fc.nat(30) }), { maxLength: 10 });
	fc.assert(
		fc.property(restarts, (parts) => {
			const ear = new Ear();
			const subscription = new Subscription(0, ear, SILENT, () => {});
			subscription.armed = true;
			let last = 0;
			for (const { back, count } of parts) {
				const from = Math.max(1, last + 1 - back);
				subscription.offer(events(from, from + count));
				last = Math.max(last, from + count);
			}
			expect(ear.heard.map(({ seq }) => seq)).toEqual(events(1, last).map(({ seq }) => seq));
		})
	);
});

test('before its own place is answered, a listener takes no event over a hole', () => {
	const ear = new Ear();
	const subscription = new Subscription(5, ear, SILENT, () => {});
	subscription.offer(events(90, 92));
	expect(ear.heard).toEqual([]);
	subscription.offer([event(6)]);
	subscription.armed = true;
	subscription.offer(events(6, 8));
	subscription.offer([event(20)]); // a part of the record was dropped on purpose
	expect(ear.heard.map(({ seq }) => seq)).toEqual([6, 7, 8, 20]);
});

test('a listener that throws is not in the way, and a closed one hears nothing', () => {
	const heard: number[] = [];
	const subscription = new Subscription(
		0,
		{
			events(found) {
				heard.push(found[0]!.seq);
				throw new Error('a fault');
			},
			link() {}
		},
		SILENT,
		() => {}
	);
	subscription.armed = true;
	subscription.offer([event(1)]);
	subscription.offer([event(2)]);
	subscription.close();
	subscription.offer([event(3)]);
	expect(heard).toEqual([1, 2]);
});
