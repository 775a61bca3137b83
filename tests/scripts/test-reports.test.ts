// What the end of a run says: the counts, and which tests failed with their words.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ofPart, ofPlaywright, ofUnittest, ofVitest, together } from '../../scripts/test-reports.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

function json(report: object): string {
	const file = path.join(folder, 'report.json');
	writeFileSync(file, JSON.stringify(report));
	return file;
}

const UNITTEST = `test_a
..F.E.
======================================================================
FAIL: test_one (test_a.Case.test_one)
Says what it is.
----------------------------------------------------------------------
Traceback (most recent call last):
  File "test_a.py", line 3, in test_one
AssertionError: 1 != 2

======================================================================
ERROR: test_two (test_a.Case.test_two)
----------------------------------------------------------------------
ValueError: no

----------------------------------------------------------------------
Ran 6 tests in 0.1s

FAILED (failures=1, errors=1, skipped=1)
`;

test('unittest: names and the ends of tracebacks', () => {
	const found = ofUnittest(UNITTEST, 1);
	expect(found).toMatchObject({ passed: 3, failed: 2, skipped: 1 });
	expect(found.broken).toHaveLength(2);
	expect(found.broken[0]).toMatch(
		/^✗ FAIL: test_one \(test_a\.Case\.test_one\)\n[^]*AssertionError: 1 != 2$/
	);
	expect(ofUnittest('Ran 2 tests in 1s\n\nOK', 0)).toMatchObject({ passed: 2, failed: 0, broken: [] });
	expect(ofUnittest('Ran 0 tests in 0s\n\nOK', 0)).toMatchObject({ failed: 1 });
	expect(ofUnittest('Ran 2 tests in 1s\n\nOK', null)).toMatchObject({ failed: 1 });
});

test('Vitest: failed tests, and files that could not be run', () => {
	const report = {
		...{ numPassedTests: 4, numFailedTests: 1, numPendingTests: 1, numTodoTests: 0 },
		testResults: [
			{
				...{ name: '/a.test.ts', status: 'failed', message: '' },
				assertionResults: [
					{ status: 'failed', fullName: 'sums', failureMessages: ['\u001b[31mexpected 1\u001b[0m\n\n at x'] },
					{ status: 'passed', fullName: 'more', failureMessages: [] }
				]
			},
			{ name: '/b.test.ts', status: 'failed', message: 'no module c', assertionResults: [] }
		]
	};
	const found = ofVitest(json(report), 1);
	expect(found).toMatchObject({ passed: 4, failed: 1, skipped: 1 });
	expect(found.broken).toEqual(['✗ /a.test.ts › sums\n  expected 1\n   at x', '✗ /b.test.ts\n  no module c']);
	expect(ofVitest(json({ ...report, numFailedTests: 0, testResults: [] }), null)).toMatchObject({
		failed: 1
	});
	expect(ofVitest(path.join(folder, 'none'), 0)).toMatchObject({ failed: 1 });
});

test('Playwright: failed specs in suites of suites', () => {
	const spec = (ok: boolean) => ({
		...{ ok, file: 'a.spec.ts', title: 'is seen' },
		tests: [{ results: [{ errors: ok ? [] : [{ message: 'not visible' }] }] }]
	});
	const found = ofPlaywright(
		json({
			stats: { expected: 1, unexpected: 1, flaky: 0, skipped: 0 },
			suites: [{ suites: [{ specs: [spec(false)] }], specs: [spec(true)] }],
			errors: [{ message: 'the server ended' }]
		}),
		1
	);
	expect(found).toMatchObject({ passed: 1, failed: 1 });
	expect(found.broken).toEqual([
		'✗ a.spec.ts › is seen\n  not visible',
		'✗ outside a test\n  the server ended'
	]);
});

test('a part beside gives on what it has said', () => {
	const inner = ofUnittest(UNITTEST, 1);
	const printed = `words\n\n${inner.broken.join('\n\n')}\n\nagent   3 passed, 2 failed, 1 skipped\n`;
	expect(ofPart('agent', printed, 1)).toEqual(inner);
	expect(ofPart('agent', 'It broke.\n', 1)).toMatchObject({ failed: 1, broken: ['✗ agent\n  It broke.'] });
	expect(together([inner, inner])).toMatchObject({ passed: 6, failed: 4, skipped: 2 });
});
