import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import type { Caller } from './services.ts';

/**
 * The caller's own workspace with a living connection. 404 `workspace-unknown` where it is not theirs, 409
 * `workspace-disconnected` without a connection, unless that is not asked for.
 */
export async function openWorkspace(
	{ gateway, directory }: { gateway: KernelGateway; directory: WorkspaceDirectory },
	{ user }: Caller,
	id: string,
	{ connected = true } = {}
): Promise<WorkspaceAddress> {
	const allowed = await directory.mayUse({ id: user.id, name: user.displayName, admin: user.admin }, id);
	const address = allowed ? await directory.address(id) : null;
	if (!address) {
		throw new ProblemError(404, {
			code: 'workspace-unknown',
			title: 'There is no such workspace.',
			detail: 'It was removed, or it belongs to somebody else.',
			remedy: 'Choose one of yours.'
		});
	}
	if (!connected || gateway.isConnected(id)) return address;
	// nobody has to log in to this machine
	if (address.kind === 'local' && (await gateway.connect(address)).state === 'connected') return address;
	throw new ProblemError(409, {
		code: 'workspace-disconnected',
		title: `${address.name} is not connected.`,
		remedy: 'Connect to it first.'
	});
}
