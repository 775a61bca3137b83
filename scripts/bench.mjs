// `npm run bench -- NAME`: one benchmark with its peers in the same run; the last line is one JSON object.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { preparePoolRoot } from './pool-root.mjs';
import {
	buildSite,
	fail,
	installDependencies,
	node,
	pythonEnvironment,
	requirePackages,
	root,
	run
} from './prerequisites.mjs';

const [name, ...rest] = process.argv.slice(2);
const file = join('tests', 'bench', `${name}.ts`);
if (!name || !/^[a-z-]+$/.test(name) || !existsSync(join(root, file)))
	fail('Type: npm run bench -- roundtrip|keystroke|output|files|job|card', 2);

installDependencies();
requirePackages({ sshd: 'openssh-server', chromium: 'chromium' });
pythonEnvironment('python', join(root, 'tests', 'agent', 'requirements.txt'));
// A peer in Python has an environment of its own, from <name>-requirements.txt.
for (const peer of { output: ['jupyterlab'], card: ['jupyterlab'] }[name] ?? [])
	pythonEnvironment(peer, join(root, 'tests', 'bench', `${peer}-requirements.txt`));
if (name === 'job') preparePoolRoot();
buildSite();
run(node, [file, ...rest]);
