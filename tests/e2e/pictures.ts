/** Pictures to look at: light and dark, wide and narrow. */
import type { Page } from '@playwright/test';

const SCREENS = [
	['light', 1280, 800],
	['dark', 1280, 800],
	['light', 390, 844],
	['dark', 390, 844]
] as const;

/** The same page as four people would see it. */
export async function pictures(page: Page, path: (name: string) => string, name: string): Promise<void> {
	for (const [colorScheme, width, height] of SCREENS) {
		await page.emulateMedia({ colorScheme });
		await page.setViewportSize({ width, height });
		// Transitions at their end: a colour between two schemes is nobody's.
		await page.screenshot({ path: path(`${name}-${colorScheme}-${width}.png`), animations: 'disabled' });
	}
	await page.emulateMedia({ colorScheme: 'light' });
	await page.setViewportSize({ width: 1280, height: 800 });
}
