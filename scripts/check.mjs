// `npm run check`: format, lint, types (svelte-check sees every TypeScript file). Stops at the first that fails.
import { join } from 'node:path';
import { installDependencies, node, root, run } from './prerequisites.mjs';

const bin = (path) => join(root, 'node_modules', path);

installDependencies();
console.log('prettier');
run(node, [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']);
console.log('eslint');
run(node, [bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.']);
run(node, [bin('@sveltejs/kit/svelte-kit.js'), 'sync']);
console.log('svelte-check');
run(node, [bin('svelte-check/bin/svelte-check'), '--fail-on-warnings', '--output', 'human']);
