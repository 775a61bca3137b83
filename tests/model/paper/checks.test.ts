/** How checks are told and when they are due, badges, and numbers by week. */
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { badgeSnippets, badgeSvg } from '#lib/model/paper/badge.ts';
import { dueAt, type DuePaper } from '#lib/model/paper/check-due.ts';
import { faultOf, healthOf, since, verdict } from '#lib/model/paper/check-words.ts';
import type { CheckedCell, CheckReport, PaperCheck } from '#lib/model/paper/check.ts';
import { byVersion, byWeek } from '#lib/model/paper/counts.ts';
import { plainTitle } from '#lib/model/paper/plain-title.ts';

const NOW = new Date('2026-11-26T12:00:00Z');
const ago = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);
const cell = (index: number, outcome: CheckedCell['outcome'], words = ''): CheckedCell => ({
	...{ index, outcome, words }
});
const report = (cells: CheckedCell[], more: Partial<CheckReport> = {}): CheckReport => ({
	...{ seconds: 41.2, cpus: 1, words: '', cells },
	...more
});
const check = (state: PaperCheck['state'], of: CheckReport | null, hours = 48): PaperCheck => ({
	...{ id: 'c', number: 1, state, report: of },
	...{ startedAt: ago(hours + 1).toISOString(), finishedAt: of && ago(hours).toISOString() }
});

describe('words', () => {
	test.each<[string, PaperCheck, string | undefined]>([
		['well', check('verified', report([cell(0, 'same')])), 'Verified 2 days ago, 41 s on one CPU'],
		[
			'on a large machine',
			check('verified', report([cell(0, 'same')], { cpus: 64, seconds: 380 })),
			'Verified 2 days ago, 6 min on 64 CPUs'
		],
		[
			'on a machine that tells nothing',
			check('verified', report([cell(0, 'same')], { cpus: null, seconds: 2.34 }), 0),
			'Verified just now, 2.3 s'
		],
		[
			'without outputs',
			check('verified', report([cell(0, 'unknown')])),
			'Ran to its end 2 days ago, without an output to compare, 41 s on one CPU'
		],
		[
			'other numbers',
			check('failed', report([cell(3, 'different', 'gives other numbers: “1: 2”, and it was “3”')])),
			'Failed 2 days ago: cell 4 gives other numbers'
		],
		[
			'several',
			check(
				'failed',
				report([cell(1, 'error', 'ends with an error: X'), cell(2, 'different'), cell(4, 'error')])
			),
			'Failed 2 days ago: cell 2 ends with an error, 2 more differ'
		],
		[
			'too long',
			check('failed', report([], { words: 'It takes longer than 30 minutes.' })),
			'Failed 2 days ago: it takes longer than 30 minutes'
		],
		['cut', check('aborted', report([])), undefined],
		['going on', check('running', null), undefined]
	])('%s', (_, one, words) => {
		expect(healthOf(one, NOW)?.words).toBe(words);
	});

	test('a difference, an error or an early end is a failure, and nothing else is', () => {
		expect(verdict(report([cell(0, 'same'), cell(1, 'unknown')]))).toBe('verified');
		expect(verdict(report([cell(0, 'same'), cell(1, 'different')]))).toBe('failed');
		expect(verdict(report([cell(0, 'error')]))).toBe('failed');
		expect(verdict(report([cell(0, 'same')], { words: 'It takes longer.' }))).toBe('failed');
		expect(faultOf(report([cell(0, 'different', 'shows another picture'), cell(1, 'different')]))).toBe(
			'cell 1 shows another picture, one more differs'
		);
	});

	test.each([
		[0.001, 'just now'],
		[0.5, '30 minutes ago'],
		[5, '5 hours ago'],
		[24, 'yesterday'],
		[47, 'yesterday'],
		[49, '2 days ago'],
		[24 * 8, 'last week'],
		[24 * 400, 'last year']
	])('%s hours are %s', (hours, words) => {
		expect(since(ago(hours), NOW)).toBe(words);
	});

	test('titles are read without formulas', () => {
		expect(plainTitle('A peak at $125\\,\\mathrm{GeV}$,\n$H\\to\\gamma\\gamma$')).toBe(
			'A peak at 125 GeV, H to gamma gamma'
		);
	});
});

describe('due', () => {
	const paper = (days: number, last: DuePaper['last'], id = 'p'): DuePaper => ({ id, latest: 2, days, last });
	const hours = (due: Date): number => (due.getTime() - NOW.getTime()) / 3_600_000;

	test('at once for a version that was never checked', () => {
		expect(dueAt(paper(7, null)).getTime()).toBe(0);
		expect(dueAt(paper(7, { number: 1, state: 'verified', startedAt: NOW })).getTime()).toBe(0);
	});

	test('soon again after one that was cut, and after its interval else, a little spread', () => {
		expect(hours(dueAt(paper(7, { number: 2, state: 'aborted', startedAt: NOW })))).toBe(1);
		const due = Array.from({ length: 50 }, (_, at) =>
			hours(dueAt(paper(10, { number: 2, state: 'failed', startedAt: NOW }, `paper-${at}`)))
		);
		for (const one of due) {
			expect(one).toBeGreaterThanOrEqual(216);
			expect(one).toBeLessThanOrEqual(240);
		}
		expect(new Set(due.map((one) => Math.round(one))).size).toBeGreaterThan(5);
	});
});

describe('badges', () => {
	const states = [
		['none', null, 'not checked'],
		['verified', { state: 'verified', at: '2026-11-24T23:59:00Z', words: '' }, 'verified 24 Nov 2026'],
		['failed', { state: 'failed', at: '2026-01-02T00:00:00Z', words: '' }, 'failed 2 Jan 2026']
	] as const;

	test.each(states)('%s: XML with a title for readers', (_, health, words) => {
		const svg = badgeSvg(health);
		const parser = new SaxesParser();
		const tags: string[] = [];
		parser.on('opentag', ({ name }) => tags.push(name));
		parser.on('error', (error) => {
			throw error;
		});
		parser.write(svg).close();
		expect(tags).toEqual(expect.arrayContaining(['svg', 'title', 'text']));
		expect(svg).toContain(`role="img" aria-label="example: ${words}"`);
	});

	test('no two states look the same', () => {
		expect(
			new Set(states.map(([, health]) => /<rect x="[^>]*fill="(#\w+)"/.exec(badgeSvg(health))![1])).size
		).toBe(3);
	});

	test('snippets hold nothing of a title that means something there', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (title) => {
				const { Markdown, HTML, reST } = badgeSnippets(
					'https://a.org/papers/x',
					'https://a.org/b.svg',
					title
				);
				expect(Markdown.match(/[[\]]/g)).toHaveLength(4);
				expect(HTML.match(/["<>]/g)).toHaveLength(12);
				expect(reST.split('\n')).toHaveLength(3);
			})
		);
	});
});

describe('numbers', () => {
	const numbers = {
		days: [
			{ number: 1, day: '2026-11-16', kind: 'view' as const, n: 2 },
			{ number: 1, day: '2026-11-22', kind: 'view' as const, n: 3 },
			{ number: 2, day: '2026-11-23', kind: 'view' as const, n: 5 },
			{ number: 2, day: '2026-11-26', kind: 'fork' as const, n: 1 },
			{ number: 1, day: '2020-01-01', kind: 'run' as const, n: 9 }
		]
	};
	test('by version, the newest first', () => {
		expect(byVersion(numbers)).toEqual([
			{ number: 2, view: 5, run: 0, fork: 1 },
			{ number: 1, view: 5, run: 9, fork: 0 }
		]);
	});

	test('by week, from Monday to Sunday', () => {
		expect(byWeek(numbers, NOW, 3)).toEqual([
			{ monday: '2026-11-09', view: 0, run: 0, fork: 0 },
			{ monday: '2026-11-16', view: 5, run: 0, fork: 0 },
			{ monday: '2026-11-23', view: 5, run: 0, fork: 1 }
		]);
	});
});
