/** The kernel of a fresh copy of an example. */
import type { RoomUser } from '#collab/caller.ts';
import type { Collab } from '#collab/start.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { NotebookId } from '#lib/model/ids.ts';
import type { PaperEnvironment } from '#lib/model/paper/card.ts';
import { nearestSpec } from '#lib/model/paper/environment-difference.ts';
import type { Role } from '#lib/model/role.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import { noteDifference } from './kernel-environment.ts';

export interface ExampleTools {
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	collab: Pick<Collab, 'rooms' | 'hocuspocus'>;
}

export interface ExampleKernel {
	user: RoomUser;
	/** Of that person in the notebook. */
	role: Role;
	notebook: NotebookId;
	address: WorkspaceAddress;
	/** Of the version. */
	environment: PaperEnvironment;
}

/**
 * Start it with the kernelspec that comes nearest. Resolves when the room has begun, so that a run which comes next waits
 * for this kernel. `difference` is what differs from the version's environment, once the kernel has told; it rejects with
 * what kept the kernel from starting, which the notebook says as well.
 */
export async function startExample(
	{ gateway, directory, collab }: ExampleTools,
	{ user, role, notebook, address, environment }: ExampleKernel
): Promise<{ difference: Promise<string | null> }> {
	await directory.ready(address.id, () => undefined);
	const spec = nearestSpec((await gateway.kernelspecs(address)).specs, environment)?.name;
	await collab.rooms.open(notebook);
	// With the role, nothing is asked in between: the room hears this before anything that the browser sends.
	const started = collab.rooms.command(
		user,
		notebook,
		{ do: 'start', workspace: address.id, ...(spec === undefined ? {} : { spec }) },
		role
	);
	return { difference: started.then(() => noteDifference({ collab }, notebook, environment)) };
}
