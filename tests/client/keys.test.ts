import { expect, test } from 'vitest';
import { COMMANDS } from '#lib/client/command-registry.ts';
import { keyLabel, KeyMatcher, pressName } from '#lib/client/keys.ts';

const press = (
	key: string,
	with_: Partial<Record<'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey', boolean>> = {}
) => ({
	key,
	ctrlKey: false,
	shiftKey: false,
	altKey: false,
	metaKey: false,
	...with_
});

test('key presses have one name', () => {
	expect(pressName(press('Enter', { shiftKey: true }), false)).toBe('Shift+Enter');
	expect(pressName(press('k', { ctrlKey: true }), false)).toBe('Mod+K');
	expect(pressName(press('k', { metaKey: true }), true)).toBe('Mod+K');
	expect(pressName(press('P', { ctrlKey: true, shiftKey: true }), false)).toBe('Mod+Shift+P');
	expect(pressName(press('?', { shiftKey: true }), false)).toBe('?');
	expect(pressName(press('M', { shiftKey: true }), false)).toBe('Shift+M');
	expect(pressName(press('d'), false)).toBe('D');
});

test('keys as people read them', () => {
	expect(keyLabel('Mod+Shift+ArrowUp', false)).toBe('Ctrl+Shift+↑');
	expect(keyLabel('D D', false)).toBe('D D');
});

test('sequences need both keys in time', () => {
	const matcher = new KeyMatcher(() => [{ id: 'delete', keys: ['D D'] }]);
	expect(matcher.press('D', 0, () => true)).toBe('pending');
	expect(matcher.press('D', 500, () => true)).toMatchObject({ id: 'delete' });
	expect(matcher.press('D', 3000, () => true)).toBe('pending');
	expect(matcher.press('D', 5000, () => true)).toBe('pending');
});

test('a letter typed into the text is no half of a command', () => {
	const matcher = new KeyMatcher(() => [{ id: 'delete', keys: ['D D'] }]);
	expect(matcher.press('D', 0, () => false)).toBeNull();
	expect(matcher.press('D', 100, () => true)).toBe('pending');
});

test('Ctrl-M leaves, and a second key acts', () => {
	const matcher = new KeyMatcher(() => COMMANDS);
	expect(matcher.press('Mod+M', 0, (command) => command.mode === 'edit')).toMatchObject({ id: 'leave' });
	expect(matcher.press('B', 300, (command) => command.mode === 'command')).toMatchObject({
		id: 'insert-below'
	});
});

test('no two commands share a key in one mode, and the browser keeps its own', () => {
	const seen = new Map<string, string>();
	for (const command of COMMANDS) {
		for (const keys of command.keys) {
			expect(keys).not.toMatch(/^Mod\+(T|W|N|L)$/);
			for (const mode of command.mode === 'both' || command.mode === 'any'
				? ['command', 'edit']
				: [command.mode]) {
				const place = `${mode} ${keys}`;
				expect(seen.get(place), place).toBeUndefined();
				seen.set(place, command.id);
			}
		}
	}
});
