// `npm start`: install what is missing, build what changed, start the server in this terminal.
import { spawn } from 'node:child_process';
import { buildSite, fail, installDependencies, node, requirePython, root } from './prerequisites.mjs';

requirePython();
installDependencies();
buildSite();

const server = spawn(node, ['src/server.ts'], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('error', (error) => fail(`The server cannot be started: ${error.message}`));
server.on('exit', (code, signal) =>
	process.exit(code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1))
);
