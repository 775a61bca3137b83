/**
 * The gateway's half of the adapter: one gateway, connected over SSH to the tests' own sshd, that hands kernels to any
 * number of bridge.py processes through a Unix socket. One connection is one kernel; JSON lines both ways, buffers in
 * base64.
 *
 *     {"op": "start", "kernel": name, "arguments": […], "cwd", "env"}          first
 *     {"op": "send", "channel", "msgId", "msgType", "content", "metadata", "buffers", "aside"}
 *     {"op": "interrupt"} · {"op": "shutdown", "restart": bool}
 *     {"op": "event", …a KernelEvent} · {"op": "interrupted"} · {"op": "failed", "message"}      the other way
 *
 * A connection that ends takes its kernel with it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type WorkspaceId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';
import { createGateway } from '#gateway/gateway.ts';
import { startSshd, trusting } from '../support/sshd.ts';
import { environmentFolder, KERNELS } from './kernels.ts';

/** The adapter while the suites run. */
export interface GatewayBridge {
	/** The Unix socket for bridge.py. */
	socket: string;
	/** The kernels of KERNELS that the gateway found, by name. */
	specs: ReadonlyMap<string, KernelSpec>;
	stop(): Promise<void>;
}

type Request =
	| { op: 'start'; kernel: string; arguments: string[]; cwd: string; env: Record<string, string> }
	| {
			op: 'send';
			channel: 'shell' | 'control' | 'stdin';
			msgId: string;
			msgType: string;
			content: JsonObject;
			metadata: JsonObject;
			buffers: string[];
			aside: boolean;
	  }
	| { op: 'interrupt' }
	| { op: 'shutdown'; restart: boolean };

/** Starts an sshd and a gateway that is signed in to it. `readable` are folders the account must be able to see. */
export async function startGatewayBridge(readable: string[]): Promise<GatewayBridge> {
	const names = KERNELS.flatMap(({ environment }) => environment ?? []);
	const environments = [...new Set(names)].map(environmentFolder);
	const sshd = await startSshd({ readable: [...environments, basePython(environments[0]!), ...readable] });
	const gateway = createGateway({ agentFolder: path.resolve('agent') });
	const folder = mkdtempSync(path.join(tmpdir(), 'bridge-'));
	const server = net.createServer();
	const sockets = new Set<net.Socket>();
	const stop = async (): Promise<void> => {
		// The kernels still there end with the server's namespace.
		for (const socket of sockets) socket.removeAllListeners('close').destroy();
		server.close();
		await gateway.close();
		await sshd.stop();
		rmSync(folder, { recursive: true, force: true });
	};
	try {
		const at = {
			...{ kind: 'ssh' as const, id: newId(), name: 'kernels', environments },
			...{ host: sshd.host, port: sshd.port, user: sshd.user },
			...{ jumps: [], trust: [trusting(sshd)], way: 'ssh' as const, privileged: false }
		};
		const result = await gateway.connect(at, {
			signIn: { hop: 0, credential: { kind: 'password', password: sshd.password } }
		});
		if (result.state !== 'connected')
			throw new Error(`The gateway is not connected: ${JSON.stringify(result)}`);
		const found = await gateway.kernelspecs(at);
		const specs = new Map<string, KernelSpec>();
		for (const { name, spec, environment } of KERNELS) {
			const home = environment === undefined ? '' : environmentFolder(environment);
			// A name that is taken gets that of its environment behind it.
			const known = [spec, `${spec}-${environment}`];
			const match = found.specs.find((each) => known.includes(each.name) && each.environment === home);
			if (match) specs.set(name, match);
		}
		server.on('connection', (socket) => {
			sockets.add(socket.on('close', () => sockets.delete(socket)));
			serve(socket, gateway, at.id, specs);
		});
		const socket = path.join(folder, 'socket');
		await new Promise<void>((resolve) => server.listen(socket, resolve));
		chmodSync(folder, 0o700);
		return { socket, specs, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** One bridge and its kernel, until either is gone. */
function serve(
	socket: net.Socket,
	gateway: KernelGateway,
	workspace: WorkspaceId,
	specs: ReadonlyMap<string, KernelSpec>
): void {
	const kernel = newId();
	const tell = (message: object): void =>
		void (socket.writable && socket.write(JSON.stringify(message) + '\n'));
	const failed = (error: unknown): void =>
		tell({ op: 'failed', message: error instanceof Error ? error.message : String(error) });
	let living = false;

	const subscription = () =>
		gateway.subscribe(workspace, kernel, 0, {
			events(events) {
				for (const event of events) tell({ op: 'event', ...event, buffers: event.buffers.map(toBase64) });
				following?.acknowledge(events.at(-1)!.seq, events.at(-1)!.seq);
				if (events.some(died)) ended();
			},
			link(state, problem) {
				if (state === 'closed') failed(problem?.title ?? 'The connection to the workspace is closed.');
			}
		});
	let following: ReturnType<typeof subscription> | undefined;

	const ended = (): void => {
		living = false;
		following?.close();
		gateway.forget(workspace, kernel).catch(failed);
	};

	const answer = async (request: Request): Promise<void> => {
		switch (request.op) {
			case 'start': {
				const spec = specs.get(request.kernel);
				if (!spec) throw new Error(`There is no kernel ${request.kernel}.`);
				const { cwd, env } = request;
				await gateway.start(
					workspace,
					kernel,
					{ ...spec, argv: [...spec.argv, ...request.arguments] },
					{ cwd, env }
				);
				living = true;
				following = subscription();
				if (socket.destroyed) await gateway.shutdown(workspace, kernel);
				return;
			}
			case 'send': {
				const { op: _op, buffers, ...message } = request;
				const decoded = buffers.map((buffer) => new Uint8Array(Buffer.from(buffer, 'base64')));
				return gateway.send(workspace, kernel, { ...message, buffers: decoded });
			}
			case 'interrupt':
				await gateway.interrupt(workspace, kernel);
				return tell({ op: 'interrupted' });
			case 'shutdown':
				return gateway.shutdown(workspace, kernel, { restart: request.restart });
		}
	};

	const lines = readline.createInterface({ input: socket });
	lines.on('line', (line) => void answer(JSON.parse(line) as Request).catch(failed));
	// A bridge that was killed resets the connection; what follows is the same as for one that left.
	lines.on('error', () => socket.destroy());
	socket.on('error', () => socket.destroy());
	socket.on('close', () => {
		if (living) gateway.shutdown(workspace, kernel).catch((error) => console.error(String(error)));
	});
}

function died(event: KernelEvent): boolean {
	return event.channel === 'agent' && event.type === 'died';
}

function toBase64(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** The Python that the environments were made from. */
function basePython(environment: string): string {
	const ask = ['-c', 'import sys; print(sys.base_prefix)'];
	return execFileSync(path.join(environment, 'bin', 'python'), ask, { encoding: 'utf8' }).trim();
}
