/** From the run key to *done on screen*, and how long the page's main thread stood still meanwhile. */
import type { Page } from '@playwright/test';
import { installClock, type Clock } from './browser.ts';

/** How a system's page shows the cell that is measured. */
export interface Look {
	/** Finds the cell. */
	cell: string;
	/** Inside the cell: its outputs, in order. */
	output: string;
	/** There when the cell is shown as finished: `text`, where given, must be what the element says. */
	finished: { selector: string; text?: string };
	/** Inside the cell: says that there is more than is shown. */
	more?: string;
}

export interface Timing {
	/** Milliseconds from the key to the frame after both: the last output in the page, and the cell finished. */
	time: number;
	/** The longest task of the main thread in that time, and all tasks of 50 ms and more together. */
	block: number;
	blocked: number;
}

interface Blocks {
	__blocks: { start: number; duration: number }[];
}

/** Once for a page, before `timed`. */
export async function installOutputClock(page: Page): Promise<void> {
	await installClock(page);
	await page.evaluate(() => {
		const scope = window as unknown as Blocks;
		scope.__blocks = [];
		new PerformanceObserver((list) => {
			for (const { startTime, duration } of list.getEntries())
				scope.__blocks.push({ start: performance.timeOrigin + startTime, duration });
		}).observe({ type: 'longtask', buffered: true });
	});
}

/**
 * Press Control+Enter where the caret is and time it. `last` is what the last output says; where the page shows only a
 * part and says so (`more`), what it shows is enough. Rejects when that does not come within `limit` milliseconds, or
 * when the page has crashed.
 */
export async function timed(page: Page, look: Look, last: string, limit: number): Promise<Timing> {
	// Outputs may be of any size: only the last piece of text is read, on every change of the page.
	const seen = page.evaluate(
		({ look, last }) => {
			const deepest = (node: Node): string => {
				for (let child = node.lastChild; child; child = child.previousSibling) {
					const text = deepest(child);
					if (text !== '') return text;
				}
				return node instanceof Text ? node.data.slice(-200).trim() : '';
			};
			return (window as unknown as Clock).__painted(() => {
				const cell = document.querySelector(look.cell);
				const finished = document.querySelector(look.finished.selector);
				if (!cell || !finished) return false;
				if (look.finished.text !== undefined && finished.textContent !== look.finished.text) return false;
				if (look.more && cell.querySelector(look.more)) return true;
				const outputs = cell.querySelectorAll(look.output);
				const output = outputs[outputs.length - 1];
				return output !== undefined && deepest(output).split('\n').at(-1) === last;
			});
		},
		{ look, last }
	);
	const done = within(limit, seen);
	// The key must not be awaited before the time limit counts: a page that stands still does not answer it.
	await Promise.race([page.keyboard.press('Control+Enter'), done]);
	const painted = await done;
	return within(
		limit,
		page.evaluate(async (painted) => {
			// The observer hears of a task after its end; two timers later it has heard of this one's.
			for (let i = 0; i < 2; i++) await new Promise((resolve) => setTimeout(resolve, 100));
			const { __pressed: pressed, __blocks: blocks } = window as unknown as Clock & Blocks;
			const during = blocks.filter(({ start, duration }) => start < painted && start + duration > pressed);
			return {
				time: painted - pressed,
				block: Math.max(0, ...during.map(({ duration }) => duration)),
				blocked: during.reduce((sum, { duration }) => sum + duration, 0)
			};
		}, painted)
	);
}

/** The promise's value, or a rejection after `ms`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not done after ${ms / 1000} s`)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}
