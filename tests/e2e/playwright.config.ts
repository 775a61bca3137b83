import { defineConfig } from '@playwright/test';

/** Debian's Chromium; without the background flags it looks for hosts that are not there at every start. */
export default defineConfig({
	testDir: '.',
	testMatch: '*.spec.ts',
	outputDir: '../../test-results/e2e',
	timeout: 90_000,
	workers: 1,
	retries: 0,
	expect: { timeout: 15_000 },
	use: {
		viewport: { width: 1280, height: 800 },
		// A trace takes pictures all the time, which doubles how long the specs take: TRACE=1 to have it.
		trace: process.env.TRACE ? 'retain-on-failure' : 'off',
		screenshot: 'only-on-failure',
		launchOptions: {
			executablePath: '/usr/bin/chromium',
			args: [
				'--no-sandbox',
				'--disable-gpu',
				'--disable-quic',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
				'--disable-background-timer-throttling',
				'--disable-backgrounding-occluded-windows',
				'--disable-renderer-backgrounding'
			]
		}
	}
});
