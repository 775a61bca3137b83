#!/usr/bin/env node
// `npx ansatz …`: the command line, run by the Node of the checkout whatever Node calls it.
import { spawnSync } from 'node:child_process';
import { installDependencies, node, root } from './prerequisites.mjs';

installDependencies();
const result = spawnSync(node, ['src/cli.ts', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
