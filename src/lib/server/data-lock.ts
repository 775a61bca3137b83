/** Locks in the data folder. One server at a time has it: the second one says who holds it. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
	const lock = take(dataDir, LOCK);
	if (typeof lock === 'number') throw new DataFolderHeld(dataDir, lock);
	return lock;
}

/** Take another lock of the folder, when its turn has come; returns the function that gives it back. */
export async function waitForLock(dataDir: string, name: string): Promise<() => void> {
	for (;;) {
		const lock = take(dataDir, name);
		if (typeof lock === 'function') return lock;
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
}

/** The function that gives the lock back, or the process id of its living holder. */
function take(dataDir: string, name: string): (() => void) | number {
	mkdirSync(dataDir, { recursive: true, mode: 0o700 });
	const path = join(dataDir, name);
	const own = `${path}.${process.pid}`;
	writeFileSync(own, `${process.pid} ${startTime(process.pid)}\n`, { mode: 0o600 });
	try {
		while (!appear(own, path)) {
			const holder = livingHolder(read(path));
			if (holder !== null) return holder;
			takeAway(path, own);
		}
	} finally {
		rmSync(own, { force: true });
	}
	return () => rmSync(path, { force: true });
}

/** The process id of the living server that holds the folder, or null. */
export function dataFolderHolder(dataDir: string): number | null {
	return livingHolder(read(join(dataDir, LOCK)));
}

const LOCK = 'server.lock';

/** By a link, so that the lock is there whole or not at all: half a one would read as left behind. */
function appear(own: string, path: string): boolean {
	try {
		linkSync(own, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	}
}

/** Remove a lock left behind; when another process has just put its own there instead, that one goes back. */
function takeAway(path: string, own: string): void {
	const aside = `${own}.old`;
	try {
		renameSync(path, aside);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
		throw error;
	}
	if (livingHolder(read(aside)) !== null) appear(aside, path);
	rmSync(aside, { force: true });
}

function livingHolder(lock: string): number | null {
	const [number, started] = lock.trim().split(' ');
	const pid = Number(number);
	if (!Number.isInteger(pid) || pid < 1) return null;
	// Without /proc (macOS) the number alone has to do.
	return started === undefined ? (alive(pid) ? pid : null) : startTime(pid) === started ? pid : null;
}

function read(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

/** Start of a process in clock ticks since boot (`/proc/<pid>/stat`, field 22); empty when there is none or it has ended. */
function startTime(pid: number): string {
	const stat = read(`/proc/${pid}/stat`);
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}
