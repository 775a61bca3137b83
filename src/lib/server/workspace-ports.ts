/** Web services on a workspace: which there are, and the way to one for whoever owns the workspace. */
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { notebooksOfKernels } from './kernel-notebooks.ts';
import type { PortPasses } from './port-passes.ts';
import { isId, isPort, portOrigin, safePath, type PortZone } from './port-place.ts';
import { ENTRY } from './port-proxy.ts';
import type { Workspaces, WorkspacePorts } from './services.ts';

export interface WorkspacePortsOptions {
	db: Database;
	gateway: KernelGateway;
	collab: Pick<Collab, 'rooms'>;
	workspaces: Pick<Workspaces, 'list'>;
	passes: PortPasses;
	zone: PortZone | null;
}

export function createWorkspacePorts(options: WorkspacePortsOptions): WorkspacePorts {
	const { gateway, workspaces, passes, zone } = options;

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

		async list(caller, id, kernel) {
			await connected(caller, id);
			return gateway.listening(id, kernel);
		},

		async jobs(caller, id) {
			await connected(caller, id);
			const running = (await gateway.kernels(id)).flatMap(({ kernel, state, job }) =>
				state !== 'dead' && job?.state === 'running' ? [{ kernel, job }] : []
			);
			const kernels = running.map(({ kernel }) => kernel);
			const of = await notebooksOfKernels(options, caller.user.id, kernels);
			return running.map(({ kernel, job: { scheduler, id, node } }) => ({
				...{ kernel, scheduler, id, node },
				notebook: of.get(kernel) ?? null
			}));
		},

		async open(caller, place, to) {
			const { workspace, port } = place;
			if (!isPort(port)) {
				throw new ProblemError(400, {
					code: 'port-invalid',
					title: 'This is not a port.',
					detail: 'Ports are numbers from 1 to 65535.',
					remedy: 'Look up the number the program printed when it started.'
				});
			}
			await connected(caller, workspace);
			if (place.kernel !== null && !isId(place.kernel)) {
				throw new ProblemError(404, {
					code: 'kernel-unknown',
					title: 'There is no such kernel.',
					remedy: 'Open the service from the web services of the workspace.'
				});
			}
			if (zone === null) {
				throw new ProblemError(409, {
					code: 'ports-unavailable',
					title: 'This installation shows no web services of workspaces.',
					detail: 'They need an origin of their own, and none is set up.',
					remedy:
						'The operator sets USER_CONTENT_ORIGIN to a host name below which all names lead to this server.'
				});
			}
			const ticket = passes.ticket(place, { session: caller.sessionId, user: caller.user.id });
			const query = `ticket=${ticket}&to=${encodeURIComponent(safePath(to))}`;
			return { url: `${portOrigin(zone, place)}${ENTRY}?${query}` };
		}
	};
}
