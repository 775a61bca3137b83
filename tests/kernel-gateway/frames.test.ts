import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, FRAME_LIMIT, FrameDecoder, FrameError, type Frame } from '#gateway/frames.ts';
import type { JsonObject } from '#lib/model/json.ts';

const message = fc.record({
	header: fc.dictionary(
		fc.string().filter((key) => key !== 'bin' && key !== '__proto__'),
		fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null), fc.array(fc.string()))
	),
	attachments: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 })
});

test('frames survive any cutting into chunks', () => {
	fc.assert(
		fc.property(
			fc.array(message, { maxLength: 6 }),
			fc.array(fc.integer({ min: 1, max: 200 })),
			(messages, sizes) => {
				const bytes = Buffer.concat(
					messages.map(({ header, attachments }) => encodeFrame(header as JsonObject, attachments))
				);
				const decoder = new FrameDecoder();
				const found: Frame[] = [];
				for (let at = 0, index = 0; at < bytes.length; index++) {
					const size = sizes.length ? sizes[index % sizes.length]! : bytes.length;
					found.push(...decoder.push(bytes.subarray(at, at + size)));
					at += size;
				}
				expect(found.map(({ header }) => header)).toEqual(messages.map(({ header }) => ({ ...header })));
				expect(found.map(({ attachments }) => attachments.map((part) => [...part]))).toEqual(
					messages.map(({ attachments }) => attachments.map((part) => [...part]))
				);
				expect(found.reduce((sum, { size }) => sum + size, 0)).toBe(bytes.length);
			}
		)
	);
});

test('the bytes are those of the agent', () => {
	const frame = encodeFrame({ id: 1 }, [Uint8Array.of(7, 8)]);
	const header = '{"id":1,"bin":[2]}';
	expect(frame).toEqual(
		Buffer.concat([
			Buffer.from([0, 0, 0, 4 + header.length + 2, 0, 0, 0, header.length]),
			Buffer.from(header),
			Buffer.from([7, 8])
		])
	);
});

test.each([
	['too long', frame(FRAME_LIMIT + 1, 2, '{}')],
	['a header longer than its frame', frame(6, 3, '{}')],
	['no room for the header length', frame(3, 0, '')],
	['not JSON', frame(6, 2, '{!')],
	['not an object', frame(6, 2, '[]')],
	['attachments not announced', frame(7, 2, '{}x')],
	['fewer attachments than announced', frame(15, 11, '{"bin":[3]}')],
	['a negative length', frame(16, 12, '{"bin":[-1]}')]
])('refuses: %s', (_, bytes) => {
	expect(() => new FrameDecoder().push(bytes)).toThrow(FrameError);
});

test('refuses to make a frame over the limit', () => {
	expect(() => encodeFrame({}, [new Uint8Array(FRAME_LIMIT)])).toThrow(FrameError);
});

function frame(following: number, header: number, rest: string): Buffer {
	const sizes = Buffer.alloc(8);
	sizes.writeUInt32BE(following, 0);
	sizes.writeUInt32BE(header, 4);
	return Buffer.concat([sizes, Buffer.from(rest)]);
}
