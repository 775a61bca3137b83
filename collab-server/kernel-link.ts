/**
 * The room's hold on one kernel: connect, start, follow, resume. Every step reports through the projection what
 * everybody in the notebook sees.
 */
import type {
	KernelAnswer,
	KernelGateway,
	KernelListener,
	KernelMessage,
	KernelQuestion,
	KernelSubscription
} from '#lib/model/gateway.ts';
import { newId, type NotebookId } from '#lib/model/ids.ts';
import type { Resources } from '#lib/model/job.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { deathSentence } from '#lib/model/run.ts';
import type { KernelUsage } from '#lib/model/room-news.ts';
import type { KernelState, KernelView } from '#lib/model/runtime-doc.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import type { RoomUser } from './caller.ts';
import { waitingProblem } from './connect-problem.ts';
import { KeptJob } from './kept-job.ts';
import { chooseSpec } from './kernel-choice.ts';
import type { Projection } from './projection.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export interface KernelLinkOptions {
	notebook: NotebookId;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	projection: Projection;
	/** Events of the living kernel, in order, each once. */
	onEvents(events: KernelEvent[]): void;
	/** The kernel can take work now (or goes on with what it has). */
	onReady(): void;
	/** The kernel is gone; `expected` when somebody asked for it. */
	onGone(sentence: string, expected: boolean): void;
}

/** What somebody wants of a kernel; null: whatever fits, all the GPUs, on the machine itself. */
export interface KernelWish {
	spec: string | null;
	gpus: number[] | null;
	resources: Resources | null;
}
export const ANYTHING: KernelWish = { spec: null, gpus: null, resources: null };

/** What `start` came to: `up`, or the reason why it waits for a person. */
export type StartResult = { state: 'starting' } | { state: 'needs-sign-in'; problem: Problem };

const ALIVE: ReadonlySet<KernelState> = new Set(['idle', 'busy']);
/** States in which a kernel may live on the other side. */
const HELD: ReadonlySet<KernelState> = new Set([
	'starting',
	'idle',
	'busy',
	'lost-link',
	'needs-sign-in',
	'connecting'
]);

export class KernelLink {
	readonly #options: KernelLinkOptions;
	#subscription: KernelSubscription | null = null;
	#stopping = false;
	/** Of the workspace the kernel was on. */
	readonly #kept: KeptJob;

	constructor(options: KernelLinkOptions) {
		this.#options = options;
		this.#kept = new KeptJob((kernel) => {
			const { workspace } = options.projection.kernel;
			// What is not told ends by itself a little later.
			if (workspace) void options.gateway.forget(workspace, kernel).catch(() => undefined);
		});
	}

	get alive(): boolean {
		return ALIVE.has(this.#options.projection.kernel.state);
	}

	/** Whether the document says that a kernel may live somewhere. */
	get held(): boolean {
		const { kernel, state } = this.#options.projection.kernel;
		return kernel !== null && HELD.has(state);
	}

	/** Start a new kernel. Throws ProblemError where it cannot be done at all; the document says the same. */
	async start(
		user: RoomUser,
		workspace: string,
		{ spec: wanted, gpus, resources }: KernelWish,
		metadata: JsonObject
	): Promise<StartResult> {
		const { gateway, directory, projection } = this.#options;
		const address = await this.#address(workspace);
		const before = projection.kernel;
		if (before.workspace !== workspace || !isSame(before.resources, resources)) this.#kept.drop();
		const again = await this.#kept.take();
		projection.setKernel({
			state: 'connecting',
			kernel: null,
			workspace,
			workspaceName: address.name,
			host: address.kind === 'ssh' ? address.host : '',
			gpus,
			resources,
			job: null,
			startedBy: user.name,
			problem: null,
			progress: null,
			subshell: false,
			idleStopAt: null
		});
		try {
			const waiting = await this.#connect(address);
			if (waiting) return { state: 'needs-sign-in', problem: waiting };
			await directory.ready(workspace, (progress) => projection.setKernel({ state: 'preparing', progress }));
			projection.setKernel({ state: 'starting', progress: null });
			const { specs } = await gateway.kernelspecs(address);
			const spec = chooseSpec(specs, wanted, metadata, address.name);
			const kernel = again ?? newId();
			if (again === null) projection.setSeq(0);
			projection.setKernel({
				kernel,
				spec: spec.name,
				displayName: spec.displayName,
				language: spec.language,
				languageVersion: '',
				implementation: '',
				environment: spec.environment,
				startedAt: Date.now()
			});
			this.#stopping = false;
			const { notebook } = this.#options;
			const launch = { user, notebook, workspace, kernel, spec, job: resources !== null, metadata };
			const as = (await directory.launch?.(launch)) ?? { spec, folder: null };
			const start = (folder: string | null): Promise<void> =>
				gateway.start(workspace, kernel, as.spec, {
					...(folder !== null && { cwd: folder }),
					...(gpus && { env: visibleGpus(gpus) }),
					...(resources && { resources })
				});
			// A folder that is gone keeps nobody from working.
			await start(as.folder).catch((error: unknown) => {
				const lost =
					as.folder !== null && error instanceof ProblemError && error.problem.code === 'agent-start';
				if (!lost) throw error;
				return start(null);
			});
			this.#follow(workspace, kernel, projection.seq);
			return { state: 'starting' };
		} catch (error) {
			const problem = asProblem(error);
			projection.setKernel({ state: 'none', kernel: null, problem, progress: null });
			throw error;
		}
	}

	/** Find the kernel of the document again after the server or the line was away, and follow it from where it was left. */
	async resume(): Promise<'up' | 'waiting' | 'gone'> {
		const { gateway, projection } = this.#options;
		const { workspace, kernel } = projection.kernel;
		if (!workspace || !kernel) return 'gone';
		const address = await this.#address(workspace);
		if (await this.#connect(address)) return 'waiting';
		const found = (await gateway.kernels(workspace)).find((entry) => entry.kernel === kernel);
		if (!found) {
			this.#gone({ reason: 'lost' });
			return 'gone';
		}
		this.#stopping = false;
		projection.setKernel({ problem: null });
		this.#follow(workspace, kernel, projection.seq);
		if (found.state === 'starting') projection.setKernel({ state: 'starting' });
		else this.#options.onReady();
		return 'up';
	}

	async execute(run: string, code: string): Promise<void> {
		await this.#send({
			channel: 'shell',
			msgId: run,
			msgType: 'execute_request',
			content: {
				code,
				silent: false,
				store_history: true,
				user_expressions: {},
				allow_stdin: true,
				stop_on_error: true
			}
		});
	}

	/** Answer the code's question number `seq` of a run; a second answer changes nothing. */
	async answer(run: string, seq: number, value: string): Promise<void> {
		const msgId = `input-${run}-${seq}`;
		await this.#send({ channel: 'stdin', msgId, msgType: 'input_reply', content: { status: 'ok', value } });
	}

	/** A widget's message. */
	comm(message: KernelMessage): Promise<void> {
		return this.#send(message);
	}

	/** See KernelGateway.ask. */
	async ask(question: KernelQuestion): Promise<KernelAnswer> {
		const { workspace, kernel } = this.#held();
		return this.#options.gateway.ask(workspace, kernel, question);
	}

	async usage(): Promise<KernelUsage | null> {
		const { workspace, kernel } = this.#held();
		return this.#options.gateway.usage(workspace, kernel);
	}

	/** Ask the kernel for a sign of life; it answers when it has done what was sent before. */
	async probe(msgId: string): Promise<void> {
		await this.#send({ channel: 'shell', msgId, msgType: 'kernel_info_request', content: {} });
	}

	async interrupt(): Promise<void> {
		const { workspace, kernel } = this.#held();
		await this.#options.gateway.interrupt(workspace, kernel);
	}

	/** See KernelGateway.extend. */
	async extend(minutes: number): Promise<void> {
		const { workspace, kernel } = this.#held();
		await this.#options.gateway.extend(workspace, kernel, minutes);
	}

	/** Ask the kernel to end; resolves when the request is out. Its `died` event finishes the story. */
	async shutdown(restart = false): Promise<void> {
		const { workspace, kernel } = this.#held();
		this.#stopping = true;
		this.#kept.keep(restart && this.#options.projection.kernel.job?.state === 'running' ? kernel : null);
		await this.#options.gateway.shutdown(workspace, kernel, { restart });
	}

	acknowledge(seq: number, keep: number): void {
		this.#subscription?.acknowledge(seq, keep);
	}

	/** While `on`, the agent keeps what it has: the room has enough to write. */
	hold(on: boolean): void {
		this.#subscription?.hold(on);
	}

	/** Stop following; the kernel lives on. */
	close(): void {
		this.#subscription?.close();
		this.#subscription = null;
	}

	#held(): { workspace: string; kernel: string } {
		const { workspace, kernel } = this.#options.projection.kernel;
		if (workspace && kernel) return { workspace, kernel };
		throw new ProblemError(409, {
			code: 'no-kernel',
			title: 'No kernel is running.',
			remedy: 'Run a cell to start one.'
		});
	}

	async #send(message: KernelMessage): Promise<void> {
		const { workspace, kernel } = this.#held();
		await this.#options.gateway.send(workspace, kernel, message);
	}

	async #address(workspace: string): Promise<WorkspaceAddress> {
		const address = await this.#options.directory.address(workspace);
		if (address) return address;
		throw new ProblemError(409, {
			code: 'workspace-gone',
			title: 'The workspace of this notebook was removed.',
			remedy: 'Choose another one in the kernel panel.'
		});
	}

	/** Connect with what is at hand. Null when that worked, else what a person has to do; throws when it is hopeless. */
	async #connect(address: WorkspaceAddress): Promise<Problem | null> {
		const result = await this.#options.gateway.connect(address);
		if (result.state === 'connected') return null;
		if (result.state === 'failed') {
			this.#options.projection.setKernel({ state: 'needs-sign-in', problem: result.problem });
			throw new ProblemError(502, result.problem);
		}
		const problem = waitingProblem(result, address.name);
		this.#options.projection.setKernel({ state: 'needs-sign-in', problem });
		return problem;
	}

	#follow(workspace: string, kernel: string, after: number): void {
		this.close();
		const listener: KernelListener = {
			events: (events) => this.#options.onEvents(events),
			link: (state, problem) => this.#onLink(state, problem),
			job: (job) => this.#options.projection.setKernel({ job })
		};
		this.#subscription = this.#options.gateway.subscribe(workspace, kernel, after, listener);
	}

	/** What the agent says of the kernel's life, given by the room in the order of events and once. */
	handle(event: KernelEvent): void {
		if (event.type === 'started') {
			this.#options.projection.setKernel({
				problem: null,
				subshell: event.content.subshell === true,
				...saysOfItself(event.content.kernelInfo)
			});
			this.#options.onReady();
		} else if (event.type === 'died') {
			this.#gone(event.content);
		}
	}

	#gone(content: JsonObject): void {
		const sentence = deathSentence(content);
		// Also when it was another start of this server that asked.
		const expected = this.#stopping || content.requested === true;
		const { workspace, kernel, job } = this.#options.projection.kernel;
		this.close();
		const again = this.#kept.ended(kernel, content.reason);
		this.#options.projection.setKernel({
			job: again || job === null ? job : { ...job, state: 'ended' },
			state: expected ? 'none' : 'dead',
			kernel: null,
			subshell: false,
			idleStopAt: null,
			problem: expected ? null : { code: `kernel-${String(content.reason)}`, title: sentence }
		});
		this.#options.onGone(sentence, expected);
		if (workspace && kernel && !again && content.reason !== 'lost') {
			// Only tidying: a spool that stays is swept by the agent's own quota.
			void this.#options.projection
				.flush()
				.then(() => this.#options.gateway.forget(workspace, kernel).catch(() => undefined));
		}
	}

	#onLink(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		const { projection } = this.#options;
		if (state === 'up') {
			if (projection.kernel.state !== 'lost-link') return;
			projection.setKernel({ problem: null });
			this.#options.onReady();
		} else if (state === 'lost') {
			projection.setKernel({
				state: 'lost-link',
				problem: problem ?? {
					code: 'link-lost',
					title: `The line to ${projection.kernel.workspaceName} is down.`,
					detail: 'What runs there goes on and its output is kept.',
					remedy: 'It is being tried again; nothing to do.'
				}
			});
		} else {
			this.close();
			projection.setKernel({
				state: 'needs-sign-in',
				problem: problem ?? {
					code: 'link-closed',
					title: `${projection.kernel.workspaceName} is disconnected.`,
					detail: 'What runs there goes on and its output is kept.',
					remedy: 'Connect again to see it.'
				}
			});
		}
	}
}

/** What a kernel's `kernel_info_reply` says of its language (Jupyter messaging protocol, "Kernel info"). */
function saysOfItself(info: Json | undefined): Pick<KernelView, 'languageVersion' | 'implementation'> {
	const { implementation, language_info: language } = asObject(info);
	const { version } = asObject(language);
	return {
		implementation: typeof implementation === 'string' ? implementation : '',
		languageVersion: typeof version === 'string' ? version : ''
	};
}

function asObject(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function isSame(a: Resources | null, b: Resources | null): boolean {
	return JSON.stringify(a) === JSON.stringify(b);
}

/** The numbers of CUDA are those of nvidia-smi only when it is told to count by bus. */
function visibleGpus(gpus: number[]): Record<string, string> {
	return { CUDA_VISIBLE_DEVICES: gpus.join(','), CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
}

/** The problem behind an error; unknown ones get a plain sentence. */
function asProblem(error: unknown): Problem {
	if (error instanceof ProblemError) return error.problem;
	return {
		code: 'internal',
		title: 'The server could not start the kernel.',
		detail: 'Something went wrong on our side; it is in the server log.',
		remedy: 'Try again.'
	};
}
