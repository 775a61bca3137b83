/** Web services on a workspace: which there are, and the way to one for whoever owns the workspace. */
import type { KernelGateway } from '#lib/model/gateway.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { PortPasses } from './port-passes.ts';
import { isPort, portOrigin, safePath, type PortZone } from './port-place.ts';
import { ENTRY } from './port-proxy.ts';
import type { Workspaces, WorkspacePorts } from './services.ts';

export interface WorkspacePortsOptions {
	gateway: KernelGateway;
	workspaces: Pick<Workspaces, 'list'>;
	passes: PortPasses;
	zone: PortZone | null;
}

export function createWorkspacePorts({
	gateway,
	workspaces,
	passes,
	zone
}: WorkspacePortsOptions): WorkspacePorts {
	async function connected(caller: Parameters<WorkspacePorts['list']>[0], id: string): Promise<void> {
		// What a person may list is what they may use.
		const row = (await workspaces.list(caller)).find((one) => one.id === id);
		if (!row) {
			throw new ProblemError(404, {
				code: 'workspace-unknown',
				title: 'There is no such workspace.',
				detail: 'It was removed, or it belongs to somebody else.',
				remedy: 'Choose one of yours.'
			});
		}
		if (gateway.isConnected(id)) return;
		throw new ProblemError(409, {
			code: 'workspace-disconnected',
			title: `${row.name} is not connected.`,
			remedy: 'Connect to it first.'
		});
	}

	return {
		available: zone !== null,

		async list(caller, id) {
			await connected(caller, id);
			return gateway.listening(id);
		},

		async open(caller, id, port, to) {
			if (!isPort(port)) {
				throw new ProblemError(400, {
					code: 'port-invalid',
					title: 'This is not a port.',
					detail: 'Ports are numbers from 1 to 65535.',
					remedy: 'Look up the number the program printed when it started.'
				});
			}
			await connected(caller, id);
			if (zone === null) {
				throw new ProblemError(409, {
					code: 'ports-unavailable',
					title: 'This installation shows no web services of workspaces.',
					detail: 'They need an origin of their own, and none is set up.',
					remedy:
						'The operator sets USER_CONTENT_ORIGIN to a host name below which all names lead to this server.'
				});
			}
			const place = { workspace: id, port };
			const ticket = passes.ticket(place, { session: caller.sessionId, user: caller.user.id });
			const query = `ticket=${ticket}&to=${encodeURIComponent(safePath(to))}`;
			return { url: `${portOrigin(zone, place)}${ENTRY}?${query}` };
		}
	};
}
