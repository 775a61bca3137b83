// What the runners of tests report, as one kind of outcome: `{ passed, failed, skipped, broken }`, where `broken` has the name of each
// test that failed and the beginning of what it said, a text of several lines each. The end of a long output is what is kept of it in
// most places, so that these are said once more there.
import { existsSync, readFileSync } from 'node:fs';

const LINES = 15;
const MARK = '✗ ';

/** An outcome out of counts. A runner that ends badly without a failed test (a crash, an unhandled rejection) has failed all the same. */
export function outcome({ passed, failed, skipped = 0, broken = [], status = 0 }) {
	return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, skipped, broken };
}

/** Several as one. */
export function together(outcomes) {
	const sum = (key) => outcomes.reduce((total, each) => total + each[key], 0);
	return {
		...{ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') },
		broken: outcomes.flatMap(({ broken }) => broken)
	};
}

/** Of the JSON report of Vitest; `status` is the runner's. */
export function ofVitest(file, status) {
	if (!existsSync(file)) return outcome({ passed: 0, failed: 1 });
	const report = JSON.parse(readFileSync(file, 'utf8'));
	const broken = report.testResults.flatMap(({ name, status: whole, message, assertionResults }) => {
		const failed = assertionResults.filter((each) => each.status === 'failed');
		// a file that cannot be loaded, or whose hook has failed, may have no test to say so
		if (whole === 'failed' && failed.length === 0) return [entry(name, message)];
		return failed.map((each) => entry(`${name} › ${each.fullName}`, each.failureMessages.join('\n')));
	});
	return outcome({
		...{ passed: report.numPassedTests, failed: report.numFailedTests },
		...{ skipped: report.numPendingTests + report.numTodoTests, broken, status }
	});
}

/** Of the JSON report of Playwright; `status` is the runner's. */
export function ofPlaywright(file, status) {
	if (!existsSync(file)) return outcome({ passed: 0, failed: 1 });
	const { stats, suites, errors } = JSON.parse(readFileSync(file, 'utf8'));
	const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
	const broken = suites
		.flatMap(specs)
		.filter(({ ok }) => !ok)
		.map((spec) => {
			const said = spec.tests.flatMap(({ results }) => results).flatMap((result) => result.errors);
			return entry(`${spec.file} › ${spec.title}`, said.map(({ message }) => message).join('\n'));
		});
	broken.push(...errors.map(({ message }) => entry('outside a test', message)));
	return outcome({
		...{ passed: stats.expected, failed: stats.unexpected + stats.flaky },
		...{ skipped: stats.skipped, broken, status }
	});
}

/** Of what Python's unittest has printed; a runner that ran nothing has failed. */
export function ofUnittest(text, status) {
	const ran = Number(/^Ran (\d+) tests?/m.exec(text)?.[1] ?? 0);
	const count = (word) => Number(new RegExp(`${word}=(\\d+)`).exec(text)?.[1] ?? 0);
	const [failed, skipped] = [count('failures') + count('errors'), count('skipped')];
	const broken = text
		.split(/^={70}$/m)
		.slice(1)
		.map((part) => part.split(/^-{70}$/m))
		// what it asserts stands at the end of a traceback
		.map(([head, trace = '']) => entry(head.trim().split('\n')[0], tail(trace)));
	const passed = Math.max(0, ran - failed - skipped);
	return outcome({ passed, failed, skipped, broken, status: ran === 0 ? 1 : status });
}

/** Of what a run of this program for one part has printed. */
export function ofPart(name, text, status) {
	const counts = new RegExp(`^${name}\\s+(\\d+) passed, (\\d+) failed(?:, (\\d+) skipped)?$`, 'm').exec(text);
	if (counts === null) return outcome({ passed: 0, failed: 1, broken: [entry(name, tail(text))] });
	const [passed, failed, skipped] = counts.slice(1).map((number) => Number(number ?? 0));
	const broken = [...text.matchAll(new RegExp(`^${MARK}.*(?:\\n  .*)*`, 'gm'))].map(([said]) => said);
	return outcome({ passed, failed, skipped, broken, status });
}

function entry(name, message = '') {
	const plain = message.replace(/\u001b\[[\d;]*m/g, '').trim();
	const lines = plain.split('\n').filter((line) => line.trim() !== '');
	return [MARK + name, ...lines.slice(0, LINES).map((line) => `  ${line}`)].join('\n');
}

function tail(text) {
	return text
		.split('\n')
		.filter((line) => line.trim() !== '')
		.slice(-LINES)
		.join('\n');
}
