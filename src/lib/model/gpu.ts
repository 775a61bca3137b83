/** The GPUs of a machine and who holds them. Memory in bytes, times in seconds, null where something cannot be known. */

export interface GpuProcess {
	pid: number;
	memory: number;
	/** The account it runs in. */
	user: string | null;
	/** How long it has been running. */
	elapsed: number | null;
	/** The program, without arguments. */
	command: string;
	/** The kernel of ours it belongs to. */
	kernel: string | null;
}

export interface Gpu<Process = GpuProcess> {
	index: number;
	uuid: string;
	name: string;
	/** 0…1. */
	utilization: number | null;
	memoryUsed: number;
	memoryTotal: number;
	/** Degrees Celsius. */
	temperature: number | null;
	processes: Process[];
}

/** A process with what this site knows of it. */
export interface GpuHolder extends GpuProcess {
	/** The person whose kernel it is; null for others, who have only an account. */
	person: { id: string; name: string } | null;
	mine: boolean;
	/** The notebook, where the one who looks may see it. */
	notebook: { id: string; title: string } | null;
	/** Since when (milliseconds since 1970) its GPU has done nothing while somebody looked; null while it works. */
	idleSince: number | null;
}

export interface GpuSample extends Gpu<GpuHolder> {
	/** Loads 0…1 seen lately, the newest last; one every few seconds while somebody looked. */
	history: number[];
}
