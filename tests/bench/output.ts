/**
 * output: long outputs from the run key to *done on screen*, beside JupyterLab 4 with the same kernel and the same browser.
 *
 * *Done on screen*: the last line (or the last display) is in the page and the cell is shown as finished, and a frame was
 * painted after that. Where JupyterLab shows only the first part of many displays, that part is enough. For each case
 * both systems start afresh and take turns; `ratio` is ours over the peer's time at the median of the rounds. `kernel` is
 * what the kernel alone takes, `block` the longest and `blocked` all of the main thread's tasks above 50 ms, `memoryMB`
 * what each process has after the last round and had at most. `npm run bench -- output prints` runs one case.
 */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { testPython } from '../support/python.ts';
import { figures, round, say, type Figures } from './figures.ts';
import { CASES, type OutputCase } from './output-cases.ts';
import { timed, within, type Timing } from './output-clock.ts';
import { memoryOf, type Memory } from './output-memory.ts';
import { reach, type Reach } from './output-reach.ts';
import { openAnsatz, openJupyterLab, type Side } from './output-sides.ts';

const ROUNDS = 3;
/** A round that takes longer is given up, and its side's later ones with it. */
const LIMIT_MS = 120_000;
/** A side that has taken this long in one case is not asked again: two slow rounds say as much as three. */
const ENOUGH_MS = 60_000;
const wanted = process.argv.slice(2);

/** How one side did in one case; `failed` says why there are no figures. */
interface Outcome {
	timings: Timing[];
	memory: Record<string, Memory | null>;
	reach: Reach | null;
	failed: string | null;
}

const load = { cpus: cpus().length, before: loadavg()[0]!, after: 0 };
const results: { what: OutputCase; kernel: Figures; ours: Outcome; peer: Outcome; limited: Outcome }[] = [];
for (const what of CASES) {
	if (wanted.length > 0 && !wanted.includes(what.name)) continue;
	const kernel = figures(bareKernel(what));
	say(`${what.name}, the kernel alone`, kernel, ROUNDS);
	results.push({ what, kernel, ...(await measure(what)) });
}
load.after = loadavg()[0]!;

const byCase = <T>(of: (result: (typeof results)[number]) => T): Record<string, T> =>
	Object.fromEntries(results.map((result) => [result.what.name, of(result)]));
const sides = {
	ours: (r: (typeof results)[number]) => r.ours,
	jupyterlab: (r: (typeof results)[number]) => r.peer
};
const bySide = <T>(of: (outcome: Outcome) => T): Record<string, Record<string, T>> =>
	Object.fromEntries(
		Object.entries(sides).map(([name, side]) => [name, byCase((result) => of(side(result)))])
	);
const failures = results.flatMap(({ what, ours, peer }) => [
	...(ours.failed ? [[`ours-${what.name}`, ours.failed]] : []),
	...(peer.failed ? [[`jupyterlab-${what.name}`, peer.failed]] : [])
]);
console.log(
	JSON.stringify({
		bench: 'output',
		unit: 'ms',
		n: ROUNDS,
		ours: byCase(({ ours }) => timesOf(ours)),
		peers: Object.fromEntries(results.map(({ what, peer }) => [`jupyterlab-${what.name}`, timesOf(peer)])),
		ratio: Object.fromEntries(
			results.map(({ what, ours, peer }) => [`jupyterlab-${what.name}`, ratio(ours, peer)])
		),
		ratioAt: 'p50',
		kernel: byCase(({ kernel }) => kernel),
		rounds: bySide(({ timings }) => timings.length),
		block: bySide(({ timings }) => worst(timings.map(({ block }) => block))),
		blocked: bySide(({ timings }) => middle(timings.map(({ blocked }) => blocked))),
		memoryMB: bySide(({ memory }) => memory),
		reach: bySide(({ reach }) => reach),
		// What JupyterLab does with its limits on output: sooner done, most of it dropped. Not in `ratio`.
		limited: Object.fromEntries(
			results
				.filter(({ limited }) => limited.timings.length > 0)
				.map(({ what, limited }) => [what.name, { ...percentiles(limited.timings), reach: limited.reach }])
		),
		...(failures.length > 0 ? { failed: Object.fromEntries(failures) } : {}),
		load: { cpus: load.cpus, before: round(load.before), after: round(load.after) }
	})
);

/** Both sides in turn, three rounds; a side that failed is left out from then on. */
async function measure(what: OutputCase): Promise<{ ours: Outcome; peer: Outcome; limited: Outcome }> {
	const outcome = (): Outcome => ({ timings: [], memory: {}, reach: null, failed: null });
	const [ours, peer, limited] = [outcome(), outcome(), outcome()];
	const open: { record: Outcome; side: Side; name: string }[] = [];
	try {
		open.push({ record: ours, name: 'Ansatz', side: await openAnsatz(what.source) });
		open.push({ record: peer, name: 'JupyterLab', side: await openJupyterLab(what.source) });
		if (what.name === 'bytes') {
			const side = await openJupyterLab(what.source, { limitRate: true });
			open.push({ record: limited, name: 'JupyterLab dropping output', side });
		}
		for (let i = 1; i <= ROUNDS; i++) {
			for (const { record, side, name } of open) {
				if (record.failed !== null || total(record) > ENOUGH_MS) continue;
				try {
					await side.page.bringToFront();
					await side.ready();
					const timing = await timed(side.page, side.look(i), what.last, LIMIT_MS);
					record.timings.push(timing);
					record.memory = memories(await side.processes());
					if (i === ROUNDS || total(record) > ENOUGH_MS) {
						record.reach = await within(LIMIT_MS, reach(side, side.look(i), what)).catch((error: Error) => {
							console.log(`${what.name}, ${name}: what can be reached is unknown: ${error.message}`);
							return null;
						});
					}
				} catch (error) {
					record.failed = `round ${i}: ${(error as Error).message.split('\n')[0]}`;
					record.memory = memories(await side.processes());
					console.log(`${what.name}, ${name}: ${record.failed}`);
					// A page that stands still would go on taking a processor from the other side.
					await side.close();
				}
			}
		}
	} finally {
		for (const { record, side } of open) if (record.failed === null) await side.close();
	}
	for (const { record, name } of open) tell(what, name, record);
	return { ours, peer, limited };
}

/** The least any system can take: the same cell on such a kernel, its messages read and thrown away. */
function bareKernel({ source }: OutputCase): number[] {
	const script = fileURLToPath(new URL('./output-bare-kernel.py', import.meta.url));
	const input = JSON.stringify({ source, rounds: ROUNDS });
	const times = execFileSync(testPython(), [script], {
		input,
		encoding: 'utf8',
		stdio: 'pipe',
		timeout: LIMIT_MS
	});
	return JSON.parse(times) as number[];
}

function total({ timings }: Outcome): number {
	return timings.reduce((sum, { time }) => sum + time, 0);
}

function memories(processes: Record<string, number[]>): Record<string, Memory | null> {
	return Object.fromEntries(Object.entries(processes).map(([name, pids]) => [name, memoryOf(pids)]));
}

function tell(what: OutputCase, name: string, { timings, memory, reach }: Outcome): void {
	if (timings.length > 0) say(`${what.name}, ${name}: done on screen`, percentiles(timings), timings.length);
	console.log(
		`  longest block ${worst(timings.map(({ block }) => block)) ?? '?'} ms; ` +
			Object.entries(memory)
				.map(([process, of]) => `${process} ${of ? `${of.now} (peak ${of.peak})` : '?'} MB`)
				.join(', ') +
			(reach
				? `; ${reach.shown} outputs shown, ${reach.all ? 'all can be reached' : 'not all can be reached'}`
				: '')
	);
}

/** Null where a side did not get through: a part of the rounds would flatter it. */
function timesOf(outcome: Outcome): Figures | null {
	return outcome.failed === null ? percentiles(outcome.timings) : null;
}

function percentiles(timings: Timing[]): Figures {
	return figures(timings.map(({ time }) => time));
}

function ratio(ours: Outcome, peer: Outcome): number | null {
	const [a, b] = [timesOf(ours), timesOf(peer)];
	return a && b ? round(a.p50 / b.p50) : null;
}

function worst(values: number[]): number | null {
	return values.length > 0 ? round(Math.max(...values)) : null;
}

function middle(values: number[]): number | null {
	return values.length > 0 ? figures(values).p50 : null;
}
