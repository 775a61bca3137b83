/** The kernels that the peers' suites are pointed at. */
import { fileURLToPath } from 'node:url';

export interface TestedKernel {
	/** Its name for Jupyter's tools while the suites run. */
	name: string;
	/** Its heading in the table of kernel-gateway/README.md; the version of one of the system follows. */
	title: string;
	/** The kernelspec the gateway finds, and the folder in .cache of its environment; none for one of the system. */
	spec: string;
	environment?: string;
}

/** The kernels in the order of the table. */
export const KERNELS: readonly TestedKernel[] = [
	{ name: 'ipykernel', title: 'ipykernel 7.4.0', spec: 'python3', environment: 'peers' },
	{ name: 'oldest', title: 'ipykernel 6.17.0', spec: 'python3', environment: 'oldest' },
	{ name: 'plain', title: 'plain kernel', spec: 'ansatz-python' },
	{ name: 'ir', title: 'IRkernel', spec: 'ir' },
	{ name: 'bash', title: 'bash_kernel 0.10.0', spec: 'bash', environment: 'oldest' },
	{ name: 'xpython', title: 'xeus-python 0.19.0', spec: 'xpython', environment: 'xeus' }
];

/** The folder of an environment in the cache. */
export function environmentFolder(name: string): string {
	return fileURLToPath(new URL(`../../.cache/${name}`, import.meta.url));
}
