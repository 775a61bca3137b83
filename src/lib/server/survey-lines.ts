/** What the agent found on a machine as lines of the check list. */
import type { Check, CheckLine, Survey } from '#lib/model/check-list.ts';

/** What is looked at after the connection is made. */
export const SURVEYED: readonly Check[] = ['kernels', 'gpu', 'batch', 'disk'];

/** Below this much free space a kernel's first files may not fit. */
const LITTLE_BYTES = 500e6;

export function surveyLines({ kernels, gpus, batch, disk }: Survey): CheckLine[] {
	return [
		kernels > 0
			? { check: 'kernels', state: 'ok', text: kernels === 1 ? 'One found' : `${kernels} found` }
			: { check: 'kernels', state: 'none', text: 'None found: our plain Python is used' },
		gpus.length > 0
			? { check: 'gpu', state: 'ok', text: counted(gpus.map((gpu) => gpu.name)) }
			: { check: 'gpu', state: 'none', text: 'None' },
		batch.length > 0
			? { check: 'batch', state: 'ok', text: batch.map(batchName).join(', ') }
			: { check: 'batch', state: 'none', text: 'None' },
		diskLine(disk)
	];
}

/** The same lines when the machine could not be looked at. */
export function surveyMissing(): CheckLine[] {
	return SURVEYED.map((check) => ({
		check,
		state: 'none',
		text: 'Not known: the machine did not say in time'
	}));
}

function diskLine({ path, total, free, writable, problem }: Survey['disk']): CheckLine {
	const room = `${size(free)} of ${size(total)} free in ${path}`;
	if (!writable) {
		return {
			check: 'disk',
			state: 'warning',
			text: problem ?? 'The home folder takes no files',
			remedy: 'Make room there or ask for more quota. Notebooks run; what they write there is refused.'
		};
	}
	if (free >= LITTLE_BYTES) return { check: 'disk', state: 'ok', text: room };
	return { check: 'disk', state: 'warning', text: room, remedy: 'Make room before you write results there.' };
}

const batchName = ({ kind, version }: Survey['batch'][number]): string =>
	`${kind === 'htcondor' ? 'HTCondor' : 'Slurm'} ${version}`;

/** `2 × Tesla V100, A100`. */
function counted(names: readonly string[]): string {
	const counts = new Map<string, number>();
	for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
	return [...counts].map(([name, count]) => (count > 1 ? `${count} × ${name}` : name)).join(', ');
}

/** Bytes as people say them, in powers of ten as disks are sold. */
function size(bytes: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
	const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
	const value = bytes / 1000 ** power;
	return `${value >= 100 || power === 0 ? Math.round(value) : Number(value.toPrecision(2))} ${units[power]!}`;
}
