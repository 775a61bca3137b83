/** Memory of processes as Linux counts it: `now` is the proportional set size, `peak` the largest resident set so far. */
import type { Browser } from '@playwright/test';
import { readdirSync, readFileSync } from 'node:fs';

export interface Memory {
	now: number;
	peak: number;
}

/** Megabytes of some processes together; null where none of them lives. */
export function memoryOf(pids: number[]): Memory | null {
	const found = pids.flatMap((pid) => {
		const pss = kB(`/proc/${pid}/smaps_rollup`, 'Pss');
		const peak = kB(`/proc/${pid}/status`, 'VmHWM');
		return pss === null || peak === null ? [] : [{ pss, peak }];
	});
	if (found.length === 0) return null;
	const sum = (key: 'pss' | 'peak'): number =>
		Math.round(found.reduce((all, one) => all + one[key], 0) / 1000);
	return { now: sum('pss'), peak: sum('peak') };
}

/** The renderer with the most memory: that of the only page. */
export async function rendererOf(browser: Browser): Promise<number[]> {
	const renderers = (await processes(browser)).filter(({ type }) => type === 'renderer');
	const size = (pid: number): number => kB(`/proc/${pid}/smaps_rollup`, 'Pss') ?? 0;
	return renderers
		.map(({ id }) => id)
		.sort((a, b) => size(b) - size(a))
		.slice(0, 1);
}

/** The browser's own process, to be ended when its page no longer answers. */
export async function browserProcess(browser: Browser): Promise<number> {
	return (await processes(browser)).find(({ type }) => type === 'browser')!.id;
}

/** Processes below `parent` (itself not among them) whose command line holds `words`. */
export function descendants(parent: number, words = ''): number[] {
	return children(parent).flatMap((pid) => [
		...(commandLine(pid).includes(words) ? [pid] : []),
		...descendants(pid, words)
	]);
}

async function processes(browser: Browser): Promise<{ type: string; id: number }[]> {
	const session = await browser.newBrowserCDPSession();
	const { processInfo } = await session.send('SystemInfo.getProcessInfo');
	await session.detach();
	return processInfo;
}

function children(parent: number): number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => kB(`/proc/${pid}/status`, 'PPid') === parent);
}

function commandLine(pid: number): string {
	return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** A number of a `Key:  value` file of /proc; null when the process has gone. */
function kB(file: string, key: string): number | null {
	const found = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(read(file));
	return found ? Number(found[1]) : null;
}

/** A process may end while it is looked at. */
function read(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}
