/** Workspaces as the rooms see them, with guests: where their kernels run, and behind which walls. */
import type { KernelLaunch, WorkspaceDirectory } from '#collab/workspace-directory.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';

/** A guest's leave to run kernels. */
export interface GuestLeave {
	workspace: string;
	/** Left of their time, in seconds. */
	seconds: number;
	cpuSeconds: number;
	memoryMb: number;
	/** The folder with the data of the example there; null without. */
	data: string | null;
}

export interface GuestBook {
	/** null: no guest. Rejects with ProblemError 403 where guests may not run anything (any more). */
	leaveOf(user: string): Promise<GuestLeave | null>;
	/** A kernel of a guest is about to be started. */
	launching(launch: KernelLaunch): void;
}

/** Files of a guest live in memory, as much as this. */
const DISK_MB = 256;

/** The only directory that knows guests is the rooms' own: to every other service their workspace is somebody else's. */
export function withGuests(directory: WorkspaceDirectory, guests: GuestBook): WorkspaceDirectory {
	return {
		...directory,
		async mayUse(user, id) {
			const leave = await guests.leaveOf(user.id);
			return leave ? leave.workspace === id : directory.mayUse(user, id);
		},
		async defaultFor(user) {
			const leave = await guests.leaveOf(user.id);
			return leave ? leave.workspace : directory.defaultFor(user);
		},
		async launch(launch) {
			const leave = await guests.leaveOf(launch.user.id);
			if (!leave) return (await directory.launch?.(launch)) ?? { spec: launch.spec, folder: null };
			if (leave.workspace !== launch.workspace || launch.job) throw onlyHere();
			guests.launching(launch);
			return { spec: walled(launch.spec, leave), folder: null };
		}
	};
}

/** The kernelspec whose argv puts the walls up first (agent/guest.py). Fails closed: without them nothing starts. */
export function walled(spec: KernelSpec, leave: GuestLeave): KernelSpec {
	const config = {
		seconds: leave.seconds,
		cpuSeconds: leave.cpuSeconds,
		memoryMb: leave.memoryMb,
		diskMb: DISK_MB,
		env: spec.env,
		...(leave.data === null ? {} : { data: leave.data }),
		...(spec.environment === '' ? {} : { read: [spec.environment] })
	};
	return { ...spec, argv: ['{python}', '{agent}', 'guest', JSON.stringify(config), ...spec.argv], env: {} };
}

function onlyHere(): ProblemError {
	return new ProblemError(403, {
		code: 'guest',
		title: 'A guest’s kernel runs on the machine for guests, and in no batch job.',
		remedy: 'Start it as it was started first, or sign in.'
	});
}
