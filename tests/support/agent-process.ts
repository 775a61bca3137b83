/** Ending what an agent leaves behind on purpose: its daemon and its kernels outlive the server. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** End the daemon and the kernels of a runtime folder, by the process ids written down there, and remove the folder. */
export function stopAgent(runtime: string): void {
	kill(Number(read(join(runtime, 'daemon.lock')).trim()));
	for (const kernel of kernels(runtime)) kill(kernel.pid);
	rmSync(runtime, { recursive: true, force: true });
}

/** Process id of the daemon of a runtime folder; null when none is written down. */
export function daemonPid(runtime: string): number | null {
	return Number(read(join(runtime, 'daemon.lock')).trim()) || null;
}

/** The kernels of a runtime folder as the agent wrote them down. */
export function kernels(runtime: string): { kernel: string; pid: number; state: string }[] {
	let names: string[];
	try {
		names = readdirSync(join(runtime, 'k'));
	} catch {
		return [];
	}
	return names.flatMap((name) => {
		const text = read(join(runtime, 'k', name, 'state.json'));
		return text === '' ? [] : [JSON.parse(text) as { kernel: string; pid: number; state: string }];
	});
}

function read(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

function kill(pid: number): void {
	if (!(pid > 1)) return;
	try {
		process.kill(pid, 'SIGKILL');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}
