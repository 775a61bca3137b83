/** What stands between the editor's places and the kernel's, and what is read from its answers. */
import { Text } from '@codemirror/state';
import { expect, test } from 'vitest';
import { resultOf } from '#lib/editor/kernel-completion.ts';
import { inCall, signatureOf } from '#lib/editor/kernel-inspection.ts';
import { toCodePoints, toUtf16 } from '#lib/editor/kernel-offsets.ts';

test('places count code points for the kernel and UTF-16 units for the editor', () => {
	const text = 'a😀é𝑥.b';
	expect([0, 1, 3, 4, 6, 7, 8].map((offset) => toCodePoints(text, offset))).toEqual([0, 1, 2, 3, 4, 5, 6]);
	expect([0, 1, 2, 3, 4, 5, 6].map((points) => toUtf16(text, points))).toEqual([0, 1, 3, 4, 6, 7, 8]);
	// Between the halves of a sign there is no place for the kernel.
	expect(toCodePoints(text, 2)).toBe(1);
	expect(toUtf16(text, 99)).toBe(text.length);
	expect(toCodePoints('\ud800x', 1)).toBe(1);
});

test('completions behind an emoji stand where they belong', () => {
	const code = '"😀😀"; df.colu';
	const at = [...code].length;
	const answer = { from: at - 4, to: at, options: [{ text: 'columns', type: 'instance' }] };
	expect(resultOf(answer, code, code.length)).toMatchObject({
		from: code.length - 4,
		to: code.length,
		options: [{ label: 'columns', type: 'variable', word: 'instance' }]
	});
});

test('what stands before the last dot or slash is not offered again', () => {
	const options = ['os.path.join', 'os.path.isdir'].map((text) => ({ text, type: '' }));
	const result = resultOf({ from: 0, to: 9, options }, 'os.path.j', 9);
	expect(result).toMatchObject({ from: 8, to: 9 });
	expect(result.options.map(({ label }) => label)).toEqual(['join', 'isdir']);
});

test('a list that may not be whole is asked for again as the word grows', () => {
	const options = Array.from({ length: 1000 }, (_, i) => ({ text: `n${i}`, type: '' }));
	expect(resultOf({ from: 0, to: 1, options }, 'n', 1).validFor).toBeUndefined();
	expect(resultOf({ from: 0, to: 1, options: options.slice(1) }, 'n', 1).validFor).toBeDefined();
});

test('the signature is one line, whatever the kernel writes around it', () => {
	expect(
		signatureOf(
			'\u001b[31mSignature:\u001b[39m area(width, height=\u001b[32m1\u001b[39m)\n\u001b[31mDocstring:\u001b[39m x'
		)
	).toBe('area(width, height=1)');
	expect(signatureOf('Init signature:\nThing(\n    a,\n    b=(1, 2),\n)\nDocstring: x(y)')).toBe(
		'Thing(a, b=(1, 2))'
	);
	expect(signatureOf('Signature: only(x)')).toBe('only(x)');
	expect(signatureOf('Type: int\nString form: 1')).toBeNull();
});

test('a call is open until its bracket is closed', () => {
	const doc = Text.of(['f(a, (b), [c])']);
	expect([1, 2, 5, 9, 13, 14].map((head) => inCall(doc, 2, head))).toEqual([
		false,
		true,
		true,
		true,
		true,
		false
	]);
});
