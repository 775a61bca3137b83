import { expect, test } from 'vitest';
import { createKept } from '#lib/server/kept.ts';

/** A store whose making is counted. */
function counted(most: { entries: number; size: number }) {
	const made: string[] = [];
	const kept = createKept<string>(most);
	const get = (key: string, size = 1): Promise<string> =>
		kept.get(key, () => {
			made.push(key);
			return Promise.resolve({ value: `value of ${key}`, size });
		});
	return { get, made };
}

test('is made once, also for those who ask at the same time', async () => {
	const { get, made } = counted({ entries: 2, size: 10 });
	expect(await Promise.all([get('a'), get('a')])).toEqual(['value of a', 'value of a']);
	await get('a');
	expect(made).toEqual(['a']);
});

test('the one asked for longest ago goes when there are too many, or too much', async () => {
	const { get, made } = counted({ entries: 2, size: 10 });
	for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
	expect(made).toEqual(['a', 'b', 'c', 'b']);
	await get('large', 9);
	await get('large', 9);
	await get('a');
	expect(made.slice(4)).toEqual(['large', 'a']);
});

test('what fails is made again, and what is larger than all together is not kept', async () => {
	const kept = createKept<string>({ entries: 2, size: 10 });
	await expect(kept.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
	expect(await kept.get('a', () => Promise.resolve({ value: 'there', size: 11 }))).toBe('there');
	expect(await kept.get('a', () => Promise.resolve({ value: 'again', size: 1 }))).toBe('again');
});
