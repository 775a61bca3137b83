/** One server per data folder: the second one says who holds it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Thrown when another living process holds the folder. */
export class DataFolderHeld extends Error {
	readonly pid: number;

	constructor(dataDir: string, pid: number) {
		super(`The data folder ${dataDir} is in use by the Ansatz server with process id ${pid}.`);
		this.name = 'DataFolderHeld';
		this.pid = pid;
	}
}

/**
 * Take the folder; returns the function that gives it back. The lock names the process and when it started, so that a
 * number used again after a crash does not keep the folder for ever. A living holder is never pushed aside.
 */
export function holdDataFolder(dataDir: string): () => void {
	mkdirSync(dataDir, { recursive: true, mode: 0o700 });
	const path = join(dataDir, 'server.lock');
	const mine = `${process.pid} ${startTime(process.pid)}\n`;
	for (;;) {
		try {
			writeFileSync(path, mine, { flag: 'wx', mode: 0o600 });
			return () => rmSync(path, { force: true });
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		}
		const [pid, started] = readFileSync(path, 'utf8').trim().split(' ');
		if (pid && started && startTime(Number(pid)) === started) throw new DataFolderHeld(dataDir, Number(pid));
		rmSync(path, { force: true });
	}
}

/** Start of a process in clock ticks since boot (`/proc/<pid>/stat`, field 22); empty when there is none. */
function startTime(pid: number): string {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
	} catch {
		return '';
	}
}
