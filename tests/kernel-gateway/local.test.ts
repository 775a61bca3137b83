import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newId } from '#lib/model/ids.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import { Ear, gateway, ipykernel, run } from './harness.ts';

test('this machine is a workspace like any other', async () => {
	const localRuntime = mkdtempSync(path.join(tmpdir(), 'local-'));
	onTestFinished(() => {
		process.kill(Number(readFileSync(path.join(localRuntime, 'daemon.lock'), 'utf8')), 'SIGKILL');
		rmSync(localRuntime, { recursive: true, force: true, maxRetries: 5 });
	});
	const made = gateway({ localRuntime });
	const at: WorkspaceAddress = { kind: 'local', id: newId(), name: 'here', environments: [] };
	const spec = await ipykernel(made, at);
	expect(await made.connect(at)).toMatchObject({ state: 'connected', hostKey: null });
	const kernel = newId();
	await made.start(at.id, kernel, spec, { cwd: localRuntime, env: { GREETING: 'hello' } });
	const ear = new Ear();
	made.subscribe(at.id, kernel, 0, ear);
	const { id } = run(made, at.id, kernel, 'import os; print(os.environ["GREETING"], os.getcwd())');
	await ear.finished(id);
	expect(ear.printed(id)).toBe(`hello ${localRuntime}\n`);
	await made.disconnect(at.id);
	expect(await made.connect(at)).toMatchObject({ state: 'connected' });
	await made.shutdown(at.id, kernel);
	await ear.until(() => ear.heard.some(({ type }) => type === 'died'));
});

test('a folder without the agent is a problem, not a crash', async () => {
	const made = gateway({ agentFolder: '/nonexistent' });
	const at: WorkspaceAddress = { kind: 'local', id: newId(), name: 'here', environments: [] };
	expect(await made.connect(at)).toMatchObject({ state: 'failed', problem: { code: 'agent-missing' } });
});
