// The kernels and the peers that the part `kernels` of `npm test` needs, in plain JavaScript like scripts/.
import { join } from 'node:path';
import { pythonEnvironment, pythonSource, requirePackages, root } from '../../scripts/prerequisites.mjs';

const requirements = (name) => join(root, 'tests', 'kernels', `requirements-${name}.txt`);

/** Makes the environments in .cache and installs R's kernel. Ends the process with what to type when it cannot. */
export function prepareKernels() {
	requirePackages({ R: 'r-base-core', '/usr/lib/R/site-library/IRkernel': 'r-cran-irkernel' });
	const peers = pythonEnvironment('peers', requirements('peers'));
	pythonEnvironment('oldest', requirements('oldest'), ['-m', 'bash_kernel.install', '--sys-prefix']);
	pythonEnvironment('xeus', requirements('xeus'));
	pythonSource(peers, 'nbclient', '0.11.0');
}
