import type { Asker } from '#lib/model/ask.ts';
import type { Survey } from '#lib/model/check-list.ts';
import type { KernelAnswer, KernelGateway, ListeningPort } from '#lib/model/gateway.ts';
import type { Gpu } from '#lib/model/gpu.ts';
import type { JobEntry, JobStatus, JobWay, Offer } from '#lib/model/job.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { KernelUsage } from '#lib/model/room-news.ts';
import type { TaskStatus } from '#lib/model/task.ts';
import type { WorkspaceFiles } from '#lib/model/workspace-files.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';
import type { AgentSetup } from './line.ts';
import { createFiles } from './files.ts';
import { Link } from './link.ts';
import { SILENT, type Log } from './log.ts';
import type { Permit } from './permit.ts';
import { ServiceChannel } from './service-channel.ts';
import { readSweep } from './sweep-status.ts';
import type { SystemSsh } from './system-ssh-target.ts';
import { TIMING, type Timing } from './timing.ts';
import { buildZipapp, type Zipapp } from './zipapp.ts';

/** What the gateway has to be told; it reads no environment. */
export interface GatewayOptions {
	/** The folder with the agent's Python files. */
	agentFolder: string;
	/** The interpreter for the local workspace. */
	python?: string;
	/** The runtime folder of the agent on this machine; without it the agent chooses one for the account. */
	localRuntime?: string;
	/** Which addresses SSH may go to. Without it: all, which is right only where every user is trusted with the network. */
	permit?: Permit;
	/** Asks the owner of a workspace what only they can answer: one-time passwords, signatures of a key in their browser. */
	ask?: Asker;
	/** The socket of the SSH agent of the account the server runs as. Administrators' own workspaces may log in with its keys. */
	agentSocket?: string;
	/** The server's own `ssh` with its configuration, for workspaces of administrators that ask for it. */
	systemSsh?: SystemSsh;
	/** After how many seconds a batch job ends whose kernel nobody has asked for; a day without it. */
	jobLease?: () => Promise<number>;
	/** The way to the nodes of jobs that administrators have fixed; null: as each login node finds out. */
	jobWay?: () => Promise<JobWay | null>;
	log?: Log;
	timing?: Partial<Timing>;
	/** Hears how the line to a workspace is, whether or not a kernel is followed there. See KernelListener.link. */
	onLink?: (workspace: string, state: 'up' | 'lost' | 'closed') => void;
}

const DAY_S = 24 * 3600;

/** The gateway to all workspaces. Nothing is opened before it is asked for. */
export function createGateway(options: GatewayOptions): KernelGateway {
	const timing = { ...TIMING, ...options.timing };
	const log = options.log ?? SILENT;
	const links = new Map<string, Link>();
	const files = new Map<string, WorkspaceFiles>();
	const channels = new Map<string, ServiceChannel>();
	let zipapp: Promise<Zipapp> | undefined;
	const setup: AgentSetup = {
		python: options.python ?? 'python3',
		localRuntime: options.localRuntime,
		permit: options.permit,
		ask: options.ask,
		agentSocket: options.agentSocket,
		systemSsh: options.systemSsh,
		zipapp() {
			zipapp ??= buildZipapp(options.agentFolder);
			zipapp.catch(() => (zipapp = undefined));
			return zipapp;
		}
	};
	const link = (workspace: string): Link => {
		let found = links.get(workspace);
		if (!found) {
			found = new Link(setup, timing, log, (state) => options.onLink?.(workspace, state));
			links.set(workspace, found);
		}
		return found;
	};

	const services = (workspace: string): ServiceChannel => {
		let found = channels.get(workspace);
		if (!found) channels.set(workspace, (found = new ServiceChannel(link(workspace), timing, log)));
		return found;
	};

	/** For what a person does, as opposed to what goes on by itself. */
	const used = (workspace: string): Link => {
		const found = link(workspace);
		found.touch();
		return found;
	};

	return {
		connect: (address, options) => used(address.id).connect(address, options),
		isConnected: (workspace) => links.get(workspace)?.isUp ?? false,
		async disconnect(workspace) {
			links.get(workspace)?.disconnect();
		},
		wake: (workspace) => links.get(workspace)?.wake(),
		forgetSecrets: (workspace) => links.get(workspace)?.forgetSecrets(),
		async authorizeKey(workspace, line) {
			return (await link(workspace).ask('authorize', { line })).added === true;
		},
		dial: (workspace, port, kernel = null) =>
			kernel === null ? link(workspace).dial(port) : services(workspace).dial(kernel, port),
		async listening(workspace, kernel = null) {
			const { ports } = await (kernel === null
				? link(workspace).ask('listening', {})
				: link(workspace).ask('job-ports', { kernel }));
			return ports as unknown as ListeningPort[];
		},
		async kernelspecs(address) {
			const { environments } = address;
			// nobody has to log in to this machine
			if (address.kind === 'local' && !link(address.id).isUp) {
				const result = await link(address.id).connect(address);
				if (result.state === 'failed') throw new ProblemError(503, result.problem);
			}
			const found = await link(address.id).ask('kernelspecs', { environments });
			const { specs, problems } = found as unknown as {
				specs: KernelSpec[];
				problems?: { path: string; message: string }[];
			};
			return { specs: [...specs.map(asSpec), ...(address.kernels ?? [])], problems: problems ?? [] };
		},
		async survey(workspace) {
			const { environments = [] } = link(workspace).address ?? {};
			return (await link(workspace).ask('survey', { environments })) as unknown as Survey;
		},
		async start(workspace, kernel, spec, { cwd, env, resources }) {
			const { argv, interruptMode, language } = spec;
			const params = { kernel, argv, interruptMode, language, env: { ...spec.env, ...env } };
			const job = resources && {
				...resources,
				lease: (await options.jobLease?.()) ?? DAY_S,
				way: (await options.jobWay?.()) ?? null
			};
			await used(workspace).ask(
				'start',
				{ ...params, ...(cwd !== undefined && { cwd }), ...(job && { job }) },
				true
			);
		},
		subscribe: (workspace, kernel, after, listener) => link(workspace).subscribe(kernel, after, listener),
		async send(workspace, kernel, { buffers = [], metadata = {}, ...message }) {
			await used(workspace).ask('send', { kernel, ...message, metadata }, true, buffers);
		},
		async ask(workspace, kernel, { channel = 'shell', msgType, content, seconds = 10 }) {
			const params = { kernel, channel, msgType, content, timeout: seconds };
			return (await used(workspace).ask('ask', params)) as unknown as KernelAnswer;
		},
		async usage(workspace, kernel) {
			const { usage } = (await link(workspace).ask('usage', { kernel })) as unknown as {
				usage: KernelUsage | null;
			};
			return usage;
		},
		async interrupt(workspace, kernel) {
			await link(workspace).ask('interrupt', { kernel });
		},
		async shutdown(workspace, kernel, { restart = false, now = false } = {}) {
			await link(workspace).ask('shutdown', { kernel, restart, ...(now ? { now } : {}) });
		},
		async forget(workspace, kernel) {
			await link(workspace).ask('forget', { kernel });
		},
		async kernels(workspace) {
			const { kernels } = (await link(workspace).ask('kernels', {})) as unknown as {
				kernels: {
					kernel: string;
					state: 'starting' | 'alive' | 'dead';
					lastSeq: number;
					job?: JobStatus | null;
				}[];
			};
			return kernels.map(({ kernel, state, lastSeq, job = null }) => ({ kernel, state, lastSeq, job }));
		},
		async startTask(workspace, task, { env = {}, about = {}, ...work }) {
			await link(workspace).ask('start-task', { task, env, about, ...work }, true);
		},
		async tasks(workspace) {
			const { tasks } = (await link(workspace).ask('tasks', {})) as unknown as { tasks: TaskStatus[] };
			return tasks;
		},
		task: async (workspace, task) =>
			(await link(workspace).ask('task', { task }, true)) as unknown as TaskStatus,
		async cancelTask(workspace, task) {
			await link(workspace).ask('cancel-task', { task });
		},
		async forgetTask(workspace, task) {
			await link(workspace).ask('forget-task', { task });
		},
		async gpus(workspace) {
			return ((await link(workspace).ask('gpus', {})) as unknown as { gpus: Gpu[] }).gpus;
		},
		async offers(workspace) {
			const way = (await options.jobWay?.()) ?? null;
			return ((await link(workspace).ask('offers', { way })) as unknown as { offers: Offer[] }).offers;
		},
		async jobs(workspace) {
			return (await link(workspace).ask('jobs', {})) as unknown as { jobs: JobEntry[]; queries: number };
		},
		async jobAct(workspace, scheduler, id, act) {
			await used(workspace).ask('job-act', { scheduler, id, act });
		},
		async extend(workspace, kernel, minutes) {
			await used(workspace).ask('extend', { kernel, minutes });
		},
		async jobLog(workspace, scheduler, id) {
			return (await link(workspace).ask('job-log', { scheduler, id })).text as string;
		},
		async startSweep(workspace, spec, { resources, env, ...sweep }) {
			const { argv, interruptMode, language } = spec;
			const params = {
				...sweep,
				argv,
				interruptMode,
				language,
				env: { ...spec.env, ...env },
				job: resources
			};
			await used(workspace).ask('sweep-start', params as unknown as JsonObject, true);
		},
		async sweep(workspace, folder) {
			return readSweep(await link(workspace).ask('sweep', { folder }, true));
		},
		async stopSweep(workspace, folder) {
			await used(workspace).ask('sweep-stop', { folder }, true);
		},
		machines: () =>
			[...links].flatMap(([workspace, { hello }]) =>
				hello ? [{ workspace, host: hello.host, user: hello.user, boot: hello.boot }] : []
			),
		files(workspace) {
			let found = files.get(workspace);
			if (!found) files.set(workspace, (found = createFiles(link(workspace), log)));
			return found;
		},
		terminals: (workspace) => link(workspace).terminals,
		async close() {
			for (const each of links.values()) each.disconnect();
			links.clear();
		}
	};
}

/** The agent's answer, field by field, so that what a newer agent adds goes no further. */
function asSpec(spec: Omit<KernelSpec, 'environment'> & { environment: string | null }): KernelSpec {
	const { name, displayName, language, argv, env, interruptMode, environment } = spec;
	return { name, displayName, language, argv, env, interruptMode, environment: environment ?? '' };
}
