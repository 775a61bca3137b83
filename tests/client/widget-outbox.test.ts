/** What a moved widget sends, and which values it keeps from the document meanwhile. */
import { expect, test } from 'vitest';
import { WidgetOutbox } from '#lib/client/widget-outbox.ts';
import type { JsonObject } from '#lib/model/json.ts';

function outbox(agrees = true) {
	const sent: { data: JsonObject; buffers: string[]; answer: (error?: Error) => void }[] = [];
	const settled: string[][] = [];
	const failed: unknown[] = [];
	const box = new WidgetOutbox({
		send: (message) =>
			new Promise((resolve, reject) =>
				sent.push({ ...message, answer: (error) => (error ? reject(error) : resolve(undefined)) })
			),
		settled: (keys) => settled.push(keys),
		agrees: () => agrees,
		failed: (error) => failed.push(error)
	});
	const move = (state: JsonObject) => box.update({ method: 'update', state, buffer_paths: [] }, []);
	return { box, sent, settled, failed, move };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('one message at a time; what comes meanwhile is one with the newest values', async () => {
	const { sent, move, box } = outbox();
	for (let value = 1; value <= 50; value++) move({ value });
	move({ min: 0 });
	expect(sent.map(({ data }) => data.state)).toEqual([{ value: 1 }]);
	expect([box.holds('value'), box.holds('min'), box.holds('max')]).toEqual([true, true, false]);
	sent[0]!.answer();
	await turn();
	expect(sent.map(({ data }) => data.state)).toEqual([{ value: 1 }, { value: 50, min: 0 }]);
	expect(box.held()).toEqual({ value: 50, min: 0 });
	sent[1]!.answer();
	await turn();
	expect([sent.length, box.holds('value')]).toEqual([2, false]);
});

test('custom messages keep their place between changes', async () => {
	const { sent, move, box } = outbox();
	move({ value: 1 });
	move({ value: 2 });
	box.custom({ clicked: true }, [new Uint8Array([1, 2]).buffer]);
	move({ value: 3 });
	for (let i = 0; i < 4; i++) {
		sent[i]!.answer();
		await turn();
	}
	expect(sent.map(({ data }) => data.state ?? data.content)).toEqual([
		{ value: 1 },
		{ value: 2 },
		{ clicked: true },
		{ value: 3 }
	]);
	expect(sent[2]!.buffers).toEqual(['AQI=']);
});

test('binary parts go with their paths, and come back in place for other drawings', async () => {
	const { sent, box } = outbox();
	const bytes = new Uint8Array([7, 8]).buffer;
	const seen = box.update(
		{ method: 'update', state: { list: [null, 1] }, buffer_paths: [['list', 0], ['raw']] },
		[bytes, bytes]
	) as { list: [DataView, number]; raw: DataView };
	expect(sent[0]!.data).toEqual({
		method: 'update',
		state: { list: [null, 1] },
		buffer_paths: [['list', 0], ['raw']]
	});
	expect(sent[0]!.buffers).toEqual(['Bwg=', 'Bwg=']);
	expect([seen.list[0].getUint8(0), seen.list[1], seen.raw.getUint8(1)]).toEqual([7, 1, 8]);
});

test('a refused change, and what waited behind it, follows the document again', async () => {
	const { sent, move, settled, failed, box } = outbox();
	move({ value: 1 });
	move({ value: 2, min: 1 });
	sent[0]!.answer(new Error('offline'));
	await turn();
	expect(sent.length).toBe(1);
	expect(failed.length).toBe(1);
	expect(settled).toEqual([['value', 'min']]);
	expect(box.holds('value')).toBe(false);
});

test('after the answer the document has a moment to say the same; then it is right', async () => {
	const { sent, move, settled, box } = outbox(false);
	move({ value: 5 });
	sent[0]!.answer();
	await turn();
	expect([box.holds('value'), box.follows('value')]).toEqual([true, false]);
	await expect.poll(() => settled).toEqual([['value']]);
	expect(box.holds('value')).toBe(false);
});
