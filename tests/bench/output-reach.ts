/** What a person can get to see of a cell's outputs after the run: all of them, or not. */
import { createHash } from 'node:crypto';
import type { OutputCase } from './output-cases.ts';
import type { Look } from './output-clock.ts';
import type { Side } from './output-sides.ts';

export interface Reach {
	/** Outputs in the page when the cell was done. */
	shown: number;
	/** All of it can be read: every display by scrolling, every byte of a text in the page or where it links to. */
	all: boolean;
	/** Displays seen by scrolling; or bytes of the complete text, of what the page holds where there is none; null: no answer. */
	reached: number | null;
}

/** Look for everything, as a person would: press *Show all*, scroll, follow the link to the whole text. */
export async function reach(side: Side, look: Look, what: OutputCase): Promise<Reach> {
	const cell = side.page.locator(look.cell);
	const shown = await side.page.evaluate(
		({ cell, output, more }) =>
			[...document.querySelectorAll(`${cell} ${output}`)].filter((one) => !more || !one.querySelector(more))
				.length,
		look
	);
	const showAll = cell.locator('button, a', { hasText: /^\s*Show all/ }).first();
	if ((await showAll.count()) > 0 && (await showAll.evaluate((element) => element.localName)) === 'button')
		await showAll.click();
	if (what.text === null) {
		const reached = await scrolledThrough(side, look);
		return { shown, reached, all: reached === what.outputs };
	}
	const whole = await wholeText(side, look);
	return {
		shown,
		reached: whole?.bytes ?? null,
		all: whole?.sha256 === what.text.sha256 && whole.bytes === what.text.bytes
	};
}

/** Texts of different displays met while the page is scrolled from the cell's beginning to its end. */
async function scrolledThrough(side: Side, look: Look): Promise<number> {
	return side.page.evaluate(async ({ cell, output }) => {
		const met = new Set<string>();
		const section = document.querySelector(cell)!;
		const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
		section.scrollIntoView({ block: 'start' });
		for (let still = 0; still < 3;) {
			await frame();
			await frame();
			const before = met.size;
			const outputs = section.querySelectorAll(output);
			for (const one of outputs) if (/^\s*\d+\s*$/.test(one.textContent!)) met.add(one.textContent!.trim());
			still = met.size === before ? still + 1 : 0;
			outputs[outputs.length - 1]?.scrollIntoView({ block: 'end' });
		}
		return met.size;
	}, look);
}

/** The complete text: in the page when nothing of it is cut, else behind the link. */
async function wholeText(side: Side, look: Look): Promise<{ sha256: string; bytes: number } | null> {
	const link = side.page.getByTestId('whole-stream').first();
	// The link may appear when the text has been stored, a moment after the cell is done.
	await link.waitFor({ state: 'attached', timeout: 3000 }).catch(() => undefined);
	const hash = createHash('sha256');
	if ((await link.count()) === 0) {
		const text = await side.page
			.locator(`${look.cell} ${look.output}`)
			.evaluateAll((elements) => elements.map((element) => element.textContent).join(''));
		return { sha256: hash.update(text).digest('hex'), bytes: Buffer.byteLength(text) };
	}
	const href = await link.evaluate((element) => (element as HTMLAnchorElement).href);
	const response = await fetch(href, { headers: { Cookie: side.cookie } });
	if (!response.ok || !response.headers.get('content-type')?.startsWith('text/plain')) return null;
	let bytes = 0;
	for await (const part of response.body!) {
		hash.update(part as Uint8Array);
		bytes += (part as Uint8Array).byteLength;
	}
	return { sha256: hash.digest('hex'), bytes };
}
