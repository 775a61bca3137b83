import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newId } from '#lib/model/ids.ts';
import {
	address,
	checkList,
	Ear,
	gateway,
	ipykernel,
	password,
	pythonFolders,
	run,
	shared
} from './harness.ts';

const READS = 'echo Welcome; echo -n "Go on? "; read -r answer; echo "You said $answer" | tee ~/answered';

const servers = shared({
	bash: {
		shell: '/bin/bash',
		banner: 'Authorised use only.\nANSATZ-BOOT {"have": true}\n',
		files: { '.bashrc': READS }
	},
	fish: {
		shell: '/usr/bin/fish',
		files: {
			'.config/fish/config.fish':
				'echo Welcome; read -P "Go on? " answer; echo "You said $answer" >~/answered'
		}
	},
	csh: {
		shell: '/usr/bin/tcsh',
		files: { '.tcshrc': 'echo Welcome; set answer = $<; echo "You said $answer" >~/answered' }
	},
	full: { home: 'full', readable: pythonFolders() },
	readOnly: { home: 'read-only', readable: pythonFolders() }
});

test.each(['bash', 'fish', 'csh'] as const)(
	'%s as login shell, with a greeting and a question',
	async (name) => {
		const server = servers[name];
		const made = gateway();
		const checks = checkList();
		expect(await made.connect(address(server), { ...password(server), ...checks })).toMatchObject({
			state: 'connected'
		});
		expect(readFileSync(path.join(server.home, 'answered'), 'utf8')).toBe('You said \n');
		expect(checks.states().slice(-3)).toEqual(['shell ok', 'python ok', 'agent ok']);
		expect(checks.line('python')!.text).toMatch(/^Python 3\.\d+/);
	}
);

test.each(['full', 'readOnly'] as const)('a home folder that takes no file: %s', async (name) => {
	const server = servers[name];
	const made = gateway();
	const at = address(server);
	const checks = checkList();
	expect(await made.connect(at, { ...password(server), ...checks })).toMatchObject({ state: 'connected' });
	expect(checks.line('agent')).toMatchObject({
		state: 'warning',
		text: expect.stringMatching(/kept in .*\/tmp\/ansatz-cache-\d+$/),
		remedy: expect.stringContaining('home folder')
	});
	const kernel = newId();
	await made.start(at.id, kernel, await ipykernel(made, at), {});
	const ear = new Ear();
	made.subscribe(at.id, kernel, 0, ear);
	const { id } = run(made, at.id, kernel, 'import os; print(os.path.expanduser("~"), 6 * 7)');
	await ear.finished(id);
	expect(ear.printed(id)).toBe(`${server.home} 42\n`);
	await made.disconnect(at.id);
	expect(await made.connect(at, { ...password(server), ...checks })).toMatchObject({ state: 'connected' });
	expect(checks.line('agent')!.state).toBe('warning');
});
