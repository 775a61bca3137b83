import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildZipapp } from '#gateway/zipapp.ts';
import { AGENT } from './harness.ts';

function folder(): string {
	const made = mkdtempSync(path.join(tmpdir(), 'zipapp-'));
	onTestFinished(() => rmSync(made, { recursive: true }));
	return made;
}

test('the same files give the same bytes, whatever their dates', async () => {
	const copy = folder();
	cpSync(AGENT, copy, { recursive: true, filter: (name) => !name.endsWith('__pycache__') });
	for (const name of readdirSync(copy)) utimesSync(path.join(copy, name), 1e9, 1e9 + Math.random() * 1e6);
	const [one, other] = [await buildZipapp(AGENT), await buildZipapp(copy)];
	expect(other.sha256).toBe(one.sha256);
	writeFileSync(path.join(copy, 'more.py'), '');
	expect((await buildZipapp(copy)).sha256).not.toBe(one.sha256);
});

test('Python runs it, and the bootstrap is not in it', async () => {
	const made = folder();
	const { bytes, sha256, bootstrap } = await buildZipapp(AGENT);
	const file = path.join(made, 'agent.pyz');
	writeFileSync(file, bytes);
	const names = execFileSync('python3', ['-m', 'zipfile', '-l', file], { encoding: 'utf8' });
	expect(names).toContain('__main__.py');
	expect(names).not.toContain('bootstrap.py');
	expect(bootstrap).toContain(`"${sha256}", "${bytes.length}"`);
});
