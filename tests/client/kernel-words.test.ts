/** What is said of a kernel, and the button beside it. */
import { expect, test } from 'vitest';
import { languageWords } from '#lib/client/kernel-words.ts';
import { kernelRemedies } from '#lib/client/kernel-remedies.ts';
import { cores, memory, memoryShare } from '#lib/client/usage-words.ts';
import { batonMark, batonReason } from '#lib/client/baton-words.ts';
import { NO_KERNEL, type KernelView } from '#lib/model/runtime-doc.ts';

const labels = (kernel: Partial<KernelView>): string[] =>
	kernelRemedies({ ...NO_KERNEL, workspace: 'w', ...kernel }).map(({ label }) => label);
const problem = (code: string) => ({ code, title: 'x' });

test.each([
	...['exit', 'segfault', 'abort', 'terminated', 'killed', 'evicted', 'reboot', 'lost'].map(
		(reason) => [`kernel-${reason}`, ['Start it again']] as const
	),
	['kernel-out-of-memory', ['Start it again', 'Choose another machine']] as const,
	['kernel-startup', ['Start it again', 'Choose another machine']] as const
])('a kernel dead of %s: %j', (code, buttons) => {
	expect(labels({ state: 'dead', problem: problem(code) })).toEqual(buttons);
});

test('every other state that wants a person has its button, and those that want none have none', () => {
	expect(labels({ state: 'needs-sign-in', problem: problem('needs-sign-in') })).toEqual(['Sign in']);
	expect(labels({ state: 'none', problem: problem('idle-stop') })).toEqual(['Start it again']);
	expect(labels({ state: 'none', problem: problem('no-kernels') })).toEqual(['Try again']);
	expect(labels({ state: 'lost-link', problem: problem('link-lost') })).toEqual(['Try again now']);
	for (const state of ['none', 'starting', 'idle', 'busy'] as const) expect(labels({ state })).toEqual([]);
});

test('language, memory and cores in words', () => {
	const python = { ...NO_KERNEL, language: 'python', languageVersion: '3.11.2', implementation: 'ipython' };
	expect(languageWords(python)).toBe('Python 3.11.2, IPython');
	expect(languageWords({ ...python, implementation: 'python' })).toBe('Python 3.11.2');
	expect(languageWords(NO_KERNEL)).toBe('');
	expect([memory(300 * 2 ** 20), memory(31.9 * 2 ** 30), memory(512 * 2 ** 30)]).toEqual([
		'300 MB',
		'31.9 GB',
		'512 GB'
	]);
	expect([cores(0.04), cores(1.5), cores(15.7)]).toEqual(['0.0', '1.5', '16']);
	const usage = { cpu: 1, memory: 3, memoryLimit: 4, cores: 1, gpus: [] };
	expect(memoryShare(usage)).toBe(0.75);
	expect(memoryShare({ ...usage, memoryLimit: null })).toBeNull();
});

test('the baton is the others’ reason, never the holder’s', () => {
	const baton = { id: 'a', name: 'Ada' };
	expect(batonReason(baton, 'b')).toBe('Ada holds the baton: only they run cells now.');
	expect([batonReason(baton, 'a'), batonReason(null, 'b')]).toEqual([null, null]);
	expect([batonMark(baton, 'b'), batonMark(baton, 'a'), batonMark(null, 'a')]).toEqual([
		'Ada runs',
		'You run',
		null
	]);
});
