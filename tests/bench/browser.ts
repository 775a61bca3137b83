import { chromium, type Browser, type Page } from '@playwright/test';

/** Debian's Chromium, with timers of hidden pages left alone: they would be throttled and measured wrongly. */
export function launch(): Promise<Browser> {
	return chromium.launch({
		executablePath: '/usr/bin/chromium',
		args: [
			...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
			...['--disable-component-update', '--disable-sync', '--disable-background-timer-throttling'],
			...['--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding']
		]
	});
}

/**
 * Put the clock into a page: `__pressed` holds the time of the last keydown (capture phase), `__painted(test)` resolves
 * with the time of the first frame after a DOM change that satisfies `test`. Times are of one clock for all pages of a
 * browser: `performance.timeOrigin + performance.now()`.
 */
export async function installClock(page: Page): Promise<void> {
	await page.evaluate(() => {
		const scope = window as unknown as Clock;
		const now = (): number => performance.timeOrigin + performance.now();
		window.addEventListener('keydown', () => (scope.__pressed = now()), { capture: true });
		scope.__letters = () => {
			const content = document.querySelector('.cm-content')!;
			const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
			let count = 0;
			// Names at other people's carets are widgets, not text.
			while (walker.nextNode()) {
				if (!walker.currentNode.parentElement!.closest('[contenteditable=false]')) {
					count += walker.currentNode.textContent!.replace(/[^a-z]/g, '').length;
				}
			}
			return count;
		};
		scope.__painted = (test) =>
			new Promise((resolve) => {
				const look = (): void => {
					if (!test()) return;
					observer.disconnect();
					requestAnimationFrame(() => {
						const channel = new MessageChannel();
						channel.port1.onmessage = () => resolve(now());
						channel.port2.postMessage(null);
					});
				};
				const observer = new MutationObserver(look);
				observer.observe(document.body, {
					subtree: true,
					childList: true,
					characterData: true,
					attributes: true
				});
				look();
			});
	});
}

/** What `installClock` puts on the window. */
export interface Clock {
	__pressed: number;
	/** Letters in the first editor of the page. */
	__letters(): number;
	__painted(test: () => boolean): Promise<number>;
}
