/** From an empty clone to the first output: `npm start`, sign up, new notebook, 1+1. Nothing is configured. */
import { expect, test } from '@playwright/test';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '#lib/server/embedded-postgres.ts';
import { runtimeFolder } from '../../src/services.ts';
import { stopAgent } from '../support/agent-process.ts';
import { freePort } from '../support/server-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Installing, building and making the first Python environment, on a slow line. */
const INSTALL_MS = 15 * 60_000;

test('an empty clone, npm start, and the first output with two clicks after the link', async ({ page }) => {
	test.setTimeout(INSTALL_MS);
	const clone = mkdtempSync(join(tmpdir(), 'ansatz-clone-'));
	execFileSync('git', ['clone', '--quiet', ROOT, clone]);
	const port = await freePort();
	// As a person's shell would have it: the machine's own Node, none of ours.
	const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
	const start = spawn('npm', ['start'], {
		cwd: clone,
		detached: true,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { PATH: path.join(':'), HOME: process.env.HOME ?? '', PORT: String(port) } as NodeJS.ProcessEnv
	});
	let output = '';
	start.stderr.on('data', (data: Buffer) => (output += data.toString()));
	try {
		const link = await new Promise<string>((resolve, reject) => {
			createInterface({ input: start.stdout }).on('line', (line) => {
				output += `${line}\n`;
				const found = /first administrator at (\S+)/.exec(line)?.[1];
				if (found) resolve(found);
			});
			start.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
		});
		expect(output).toMatch(new RegExp(`^Ansatz is ready at http://localhost:${port}$`, 'm'));

		await page.goto(link);
		await page.getByLabel('Name', { exact: true }).fill('ada');
		await page.getByLabel('Password', { exact: true }).fill('analytical engine');
		await page.getByRole('button', { name: 'Make my account' }).click();
		await page.getByRole('button', { name: 'New notebook' }).click();
		await expect(page.locator('.cm-content')).toBeFocused();
		await page.keyboard.type('1+1');
		await page.keyboard.press('Shift+Enter');
		await expect(page.getByTestId('output').first()).toHaveText(/^\s*2\s*$/, { timeout: INSTALL_MS });
		await expect(page.getByTestId('kernel-chip')).toContainText('This machine');
	} finally {
		if (start.exitCode === null) {
			const exited = new Promise((resolve) => start.once('exit', resolve));
			process.kill(-start.pid!, 'SIGTERM');
			await exited;
		}
		const data = join(clone, 'data');
		await (await startPostgres(data)).stop();
		stopAgent(runtimeFolder(data));
		rmSync(clone, { recursive: true, force: true });
	}
});
