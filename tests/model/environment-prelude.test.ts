/** What sh makes of the lines we write for it: run for real, with names made to break out of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { setupId, type EnvironmentFields } from '#lib/model/environment.ts';
import { shellPath, shellWord, startedIn } from '#lib/model/environment-prelude.ts';

const NASTY = [
	`a b`,
	`it's`,
	`"quoted"`,
	'$HOME',
	'$(touch broken)',
	'`touch broken`',
	'; touch broken',
	"'; touch broken; '",
	'\\',
	'*',
	'-rf',
	'a\nb',
	'é ☃',
	'!!',
	'#x',
	'~'
];
const home = mkdtempSync(join(tmpdir(), 'ansatz-prelude-'));
afterAll(() => rmSync(home, { recursive: true }));
const env = { HOME: home, PATH: '/usr/bin:/bin', SHELL: '/bin/sh' };

/** Runs a program of sh in an environment, as the agent does. */
function run(setup: Partial<EnvironmentFields>, script: string, file = '/nowhere/connection.json') {
	const argv = startedIn({ name: 'x', kind: 'shell', lines: [], ...setup }, [
		'/bin/sh',
		'-c',
		script,
		'sh',
		file
	]);
	const words = argv.map((word) => word.replaceAll('{connection_file}', file));
	const done = spawnSync(words[0]!, words.slice(1), { env, cwd: home, encoding: 'utf8' });
	return { out: done.stdout, err: done.stderr, status: done.status };
}

test.each(NASTY)('the word %j stays one word, whatever is in it', (nasty) => {
	const told = execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(nasty)}`], { env, encoding: 'utf8' });
	expect(told).toBe(nasty);
	expect(
		execFileSync('/bin/sh', ['-c', `printf %s ${shellPath(`~/${nasty}`)}`], { env, encoding: 'utf8' })
	).toBe(`${home}/${nasty}`);
	expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellPath('~root')}`], { env, encoding: 'utf8' })).toBe(
		'/root'
	);
});

test.each(NASTY)('a venv, a module, an image called %j break out of nothing', (nasty) => {
	const folder = join(home, 'venvs', nasty);
	mkdirSync(join(folder, 'bin'), { recursive: true });
	writeFileSync(join(folder, 'bin', 'activate'), 'SEEN=yes; export SEEN\n');
	expect(run({ kind: 'venv', folder }, 'echo "$SEEN"; ls broken 2>/dev/null')).toMatchObject({
		out: 'yes\n'
	});
	const missing = run({ kind: 'conda', folder: nasty }, 'echo started');
	expect([missing.status, missing.out]).toEqual([72, '']);
	const other = run({ kind: 'modules', modules: [nasty] }, 'ls broken 2>/dev/null');
	expect([other.status, other.out]).toEqual([72, '']);
	const image = run({ kind: 'container', image: nasty, binds: [nasty] }, 'ls broken 2>/dev/null');
	expect([image.status, image.out]).toEqual([72, '']);
	expect(image.err).toContain('neither apptainer nor singularity');
});

test('lines are what one would type: variables, functions, a here-document, a quote left open', () => {
	const lines = ['export A=1', 'f() {', '  B=$(cat <<END', 'two words', 'END', ')', '}', 'f; export B'];
	expect(run({ lines }, 'echo "$A $B"').out).toBe('1 two words\n');
	expect(run({ lines: ["echo 'open"] }, 'echo started')).toMatchObject({ out: '', status: 2 });
	expect(run({ lines: ['exit 3'] }, 'echo started')).toMatchObject({ out: '', status: 3 });
});

test('in a batch job the scheduler’s word on GPUs counts, whatever a set-up says', () => {
	const lines = ['set -u', 'export CUDA_VISIBLE_DEVICES=7 OTHER=1'];
	const script = 'echo "$CUDA_VISIBLE_DEVICES ${ROCR_VISIBLE_DEVICES-none} $OTHER"';
	expect(run({ lines }, script).out).toBe('7 none 1\n');
	// As the worker in the job sets it.
	Object.assign(env, { ANSATZ_DEVICES: 'CUDA_VISIBLE_DEVICES=0,1 ROCR_VISIBLE_DEVICES=2' });
	expect(run({ lines }, script).out).toBe('0,1 2 1\n');
	Object.assign(env, { ANSATZ_DEVICES: '' });
	expect(run({ lines }, script).out).toBe('7 none 1\n');
});

test('a login shell whose scripts print, read, and go elsewhere: the program is where it should be', () => {
	writeFileSync(join(home, '.profile'), 'echo welcome; read answer; cd /; LOGIN=yes; export LOGIN\n');
	expect(run({ lines: ['export HERE=$PWD'] }, 'echo "$LOGIN $HERE $PWD $0 $1"').out).toBe(
		`welcome\nyes ${home} ${home} sh /nowhere/connection.json\n`
	);
	rmSync(join(home, '.profile'));
});

test('the program takes the place of the shell', () => {
	const argv = startedIn({ name: 'x', kind: 'shell', lines: ['A=1'] }, ['/bin/sh', '-c', 'echo $$']);
	const done = spawnSync(argv[0]!, argv.slice(1), { env, encoding: 'utf8' });
	expect(Number(done.stdout)).toBe(done.pid);
});

test('a conda folder without conda: programs first on PATH, activation scripts read', () => {
	// there is no conda to be had here: this is the folder as conda leaves it, activated by our own lines
	const folder = join(home, 'env s');
	mkdirSync(join(folder, 'conda-meta'), { recursive: true });
	mkdirSync(join(folder, 'bin'));
	mkdirSync(join(folder, 'etc/conda/activate.d'), { recursive: true });
	writeFileSync(join(folder, 'etc/conda/activate.d/root.sh'), 'export ROOTSYS="$CONDA_PREFIX/root"\n');
	writeFileSync(join(folder, 'bin/tool'), '#!/bin/sh\necho "$ROOTSYS"\n', { mode: 0o755 });
	expect(run({ kind: 'conda', folder: '~/env s' }, 'tool').out).toBe(`${folder}/root\n`);
});

test('conda and micromamba, played by scripts: activated by name through their hooks', () => {
	const bin = join(home, 'miniforge3/bin');
	mkdirSync(bin, { recursive: true });
	const fake = (name: string, hook: string) => {
		writeFileSync(join(bin, name), `#!/bin/sh\necho '${hook}'\n`);
		chmodSync(join(bin, name), 0o755);
	};
	fake('conda', 'conda() { [ "$2" = "my env" ] && export ACTIVE="$1 $2 by $#"; }');
	expect(run({ kind: 'conda', folder: 'my env' }, 'echo "$ACTIVE"').out).toBe('activate my env by 2\n');
	const wrong = run({ kind: 'conda', folder: 'other' }, 'echo started');
	expect([wrong.status, wrong.out]).toEqual([72, '']);
	expect(wrong.err).toContain('The conda environment other cannot be activated.');
	rmSync(join(home, 'miniforge3'), { recursive: true });
	mkdirSync(join(home, '.local/bin'), { recursive: true });
	writeFileSync(
		join(home, '.local/bin/micromamba'),
		'#!/bin/sh\n[ "$*" = "shell hook --shell posix" ] && echo \'micromamba() { export ACTIVE="mamba $*"; }\'\n',
		{ mode: 0o755 }
	);
	expect(run({ kind: 'conda', folder: 'my env' }, 'echo "$ACTIVE"').out).toBe('mamba activate my env\n');
});

test('apptainer, played by a script: the connection file and what was named are bound, lines run inside', () => {
	const bin = join(home, 'bin');
	mkdirSync(bin, { recursive: true });
	writeFileSync(join(home, '.profile'), 'PATH=$HOME/bin:$PATH\n');
	writeFileSync(
		join(bin, 'apptainer'),
		'#!/bin/sh\nfor word; do echo "<$word>"; [ "$word" = /bin/sh ] && exec env INSIDE=1 "$@" || shift; done\n',
		{ mode: 0o755 }
	);
	const setup = {
		kind: 'container',
		image: 'docker://python:3.12',
		binds: ['~/da ta', '/x:/y'],
		lines: ['L=in$INSIDE']
	};
	const done = run(setup as EnvironmentFields, 'echo "$L$INSIDE $1"', '/tmp/a b/connection.json');
	expect(done.out.split('\n').filter((line) => line.startsWith('<'))).toEqual(
		[
			...['exec', '--bind', '/tmp/a b', '--bind', '/tmp', '--bind', `${home}/da ta`, '--bind', '/x:/y'],
			...['docker://python:3.12', '/bin/sh']
		].map((word) => `<${word}>`)
	);
	expect(done.out).toContain('\n1 /tmp/a b/connection.json\n');
	rmSync(join(home, '.profile'));
});

test('ids of environments', () => {
	expect(setupId('Größe & Form', [])).toBe('gro-e-form');
	expect(setupId('☃', [])).toBe('environment');
	expect(setupId('a', ['a', 'a-2'])).toBe('a-3');
});
