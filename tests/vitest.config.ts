import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
	root: fileURLToPath(new URL('..', import.meta.url)),
	plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
	test: {
		include: ['tests/**/*.test.ts'],
		pool: 'forks',
		maxWorkers: 2,
		testTimeout: 60_000,
		hookTimeout: 120_000,
		// What is awaited comes by itself; a second, the runner's own patience, is less than a busy machine may take.
		expect: { poll: { timeout: 30_000 } },
		// Real servers and kernels are started by the tests; a hanging one must not hang the run.
		teardownTimeout: 30_000
	}
});
