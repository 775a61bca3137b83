import path from 'node:path';
import { afterAll, beforeAll, onTestFinished, vi } from 'vitest';
import type { CheckLine } from '#lib/model/check-list.ts';
import type { ConnectOptions, KernelGateway, KernelListener } from '#lib/model/gateway.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { Credential, HostTrust, KernelSpec, SshHop, WorkspaceAddress } from '#lib/model/workspace.ts';
import { newId } from '#lib/model/ids.ts';
import { createGateway, type GatewayOptions } from '#gateway/gateway.ts';
export { pythonFolders } from '../support/python.ts';
import { startProxy, startSshd, trusting, type Proxy, type Sshd, type SshdOptions } from '../support/sshd.ts';

/** Real servers and kernels on a busy machine take their time; a hang is to be found, a slow machine is not. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

export type SshAddress = Extract<WorkspaceAddress, { kind: 'ssh' }>;

export const AGENT = path.resolve('agent');

/** The Python environment with ipykernel that `npm test` makes. */
export const PYTHON = path.resolve('.cache/python');

/** A server that ends with the test. */
export async function sshd(options?: SshdOptions): Promise<Sshd> {
	const server = await startSshd(options);
	onTestFinished(() => server.stop());
	return server;
}

/** Servers that all tests of a file share. */
export function shared<Name extends string>(options: Record<Name, SshdOptions>): Record<Name, Sshd> {
	const servers = {} as Record<Name, Sshd>;
	beforeAll(async () => {
		const started = Object.entries<SshdOptions>(options).map(async ([name, each]) => {
			servers[name as Name] = await startSshd(each);
		});
		await Promise.all(started);
	});
	afterAll(() => Promise.all(Object.values<Sshd>(servers).map((server) => server.stop())));
	return servers;
}

/** The account of a server as a hop on the way to another. */
export function hop({ host, port, user }: Sshd): SshHop {
	return { host, port, user };
}

/** The address of the last of these servers, through the ones before it. */
export function through(...servers: Sshd[]): SshAddress {
	return address(servers.at(-1)!, { jumps: servers.slice(0, -1).map(hop), trust: servers.map(trusting) });
}

/** Remembers the lines of a check list, each by its last word. */
export function checkList() {
	const lines = new Map<string, CheckLine>();
	return {
		onCheck: (line: CheckLine) =>
			void lines.set(line.check + (line.hop === undefined ? '' : ` ${line.hop}`), line),
		/** `reachable ok`, `sign-in 1 failed`, … */
		states: () => [...lines].map(([name, { state }]) => `${name} ${state}`),
		line: (name: string) => lines.get(name)
	};
}

/** A relay that ends with the test. */
export async function proxy(target: number): Promise<Proxy> {
	const relay = await startProxy(target);
	onTestFinished(() => relay.stop());
	return relay;
}

/** A gateway that ends with the test. */
export function gateway(options: Partial<GatewayOptions> = {}): KernelGateway {
	const made = createGateway({ agentFolder: AGENT, ...options });
	onTestFinished(() => made.close());
	return made;
}

/** The address of a test server, its key accepted unless another `trust` is given. */
export function address(server: Sshd, changes: Partial<SshAddress> = {}): SshAddress {
	return {
		kind: 'ssh',
		id: newId(),
		name: 'test',
		host: server.host,
		port: server.port,
		user: server.user,
		jumps: [],
		trust: [trusting(server)],
		way: 'ssh',
		privileged: false,
		environments: [],
		...changes
	};
}

/** Nobody has looked at this host's key yet. */
export const UNKNOWN: HostTrust = { accepted: [], pinned: [], revoked: [] };

/** A try with this credential. */
export function sign(credential: Credential, hop = 0): ConnectOptions {
	return { signIn: { hop, credential } };
}

export function password({ password }: Pick<Sshd, 'password'>, hop = 0): ConnectOptions {
	return sign({ kind: 'password', password }, hop);
}

/** The ipykernel of the test environment. */
export async function ipykernel(made: KernelGateway, at: WorkspaceAddress): Promise<KernelSpec> {
	const { specs, problems } = await made.kernelspecs({ ...at, environments: [PYTHON] });
	const spec = specs.find(({ environment }) => environment === PYTHON);
	if (!spec) throw new Error(`no ipykernel in ${PYTHON}: ${JSON.stringify({ specs, problems })}`);
	return spec;
}

/** A listener that remembers, and that can be waited on. */
export class Ear implements KernelListener {
	heard: KernelEvent[] = [];
	links: { state: string; problem: Problem | undefined }[] = [];
	#waiting = new Set<() => void>();

	events(events: KernelEvent[]): void {
		this.heard.push(...events);
		this.#wake();
	}

	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		this.links.push({ state, problem });
		this.#wake();
	}

	/** Resolves as soon as the condition holds. */
	until(condition: () => boolean): Promise<void> {
		return new Promise((resolve) => {
			const look = (): void => {
				if (!condition()) return;
				this.#waiting.delete(look);
				resolve();
			};
			this.#waiting.add(look);
			look();
		});
	}

	/** The end of a run: its reply and the idle status after it. */
	async finished(run: string): Promise<KernelEvent> {
		const of = (type: string) => this.heard.filter((event) => event.parent === run && event.type === type);
		await this.until(
			() =>
				of('execute_reply').length > 0 &&
				of('status').some(({ content }) => content.execution_state === 'idle')
		);
		return of('execute_reply')[0]!;
	}

	/** All text printed by a run. */
	printed(run: string): string {
		const streams = this.heard.filter((event) => event.parent === run && event.type === 'stream');
		return streams.map(({ content }) => content.text).join('');
	}

	#wake(): void {
		for (const look of [...this.#waiting]) look();
	}
}

/** Runs code and answers its id at once, before anything has happened. */
export function run(
	made: KernelGateway,
	workspace: string,
	kernel: string,
	code: string
): { id: string; sent: Promise<void> } {
	const id = newId();
	const content = {
		code,
		silent: false,
		store_history: true,
		user_expressions: {},
		allow_stdin: false,
		stop_on_error: true
	};
	return {
		id,
		sent: made.send(workspace, kernel, { channel: 'shell', msgId: id, msgType: 'execute_request', content })
	};
}
