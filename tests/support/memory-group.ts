/** A control group of the kernel (Linux) with a small memory limit, for a real death of want of memory. Root only. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MemoryGroup {
	/** Put a process in; what it starts from then on is in it too. */
	add(pid: number): void;
	remove(): void;
}

const ROOT = '/sys/fs/cgroup';

/** Make a group below our own; the reason in words where this machine lets us make none. */
export function memoryGroup(bytes: number): MemoryGroup | string {
	const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
	const entries = lines.map((line) => line.split(':') as [string, string, string]);
	const first = entries.find(([, controllers]) => controllers.split(',').includes('memory'));
	const own = first ?? entries.find(([number]) => number === '0');
	if (!own) return 'no control groups here';
	const folder = join(ROOT, first ? 'memory' : '', own[2], `ansatz-test-${process.pid}`);
	try {
		mkdirSync(folder);
		const limit = ['memory.limit_in_bytes', 'memory.max'].find((name) => existsSync(join(folder, name)));
		if (!limit) {
			rmdirSync(folder);
			return 'the memory controller is not ours to use';
		}
		writeFileSync(join(folder, limit), String(bytes));
		// Without swap there is nothing to wait for.
		if (limit === 'memory.max') writeFileSync(join(folder, 'memory.swap.max'), '0');
	} catch (error) {
		return `no control group could be made: ${String(error)}`;
	}
	return {
		add: (pid) => writeFileSync(join(folder, 'cgroup.procs'), String(pid)),
		remove() {
			// The processes in it go back to where it was made.
			for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').trim().split('\n'))
				if (pid !== '') writeFileSync(join(folder, '..', 'cgroup.procs'), pid);
			rmdirSync(folder);
		}
	};
}
