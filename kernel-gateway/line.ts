import { ProblemError } from '#lib/model/problem.ts';
import type { ConnectResult } from '#lib/model/gateway.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import { boot, bootCommand, type Hello } from './bootstrap.ts';
import { openLocal } from './local.ts';
import { place } from './problems.ts';
import { openSsh, type Login, type Permit } from './ssh.ts';
import type { Timing } from './timing.ts';
import type { Command, Transport } from './transport.ts';
import type { Zipapp } from './zipapp.ts';

/** How agents are started: what to send, and what is special about this machine. */
export interface AgentSetup {
	zipapp: () => Promise<Zipapp>;
	/** The interpreter for the local workspace, tried before the usual names. */
	python: string;
	/** The agent's runtime folder on this machine, where it is not to choose one. */
	localRuntime: string | undefined;
	/** Which addresses SSH may go to; all, without it. */
	permit: Permit | undefined;
}

/** An agent that has said hello, and the way to it. */
export interface Line {
	transport: Transport;
	command: Command;
	hello: Hello;
	/** The fingerprint that was verified; null on this machine. */
	hostKey: string | null;
}

/** Goes the whole way to an agent: connect, log in, start it. Never rejects; nothing stays open unless a line is answered. */
export async function openLine(
	address: WorkspaceAddress,
	login: Login | undefined,
	setup: AgentSetup,
	timing: Timing,
	signal: AbortSignal
): Promise<{ line: Line } | { result: Exclude<ConnectResult, { state: 'connected' }> }> {
	let transport: Transport | undefined;
	const giveUp = (): void => transport?.close();
	try {
		const zipapp = await setup.zipapp();
		let hostKey: string | null = null;
		if (address.kind === 'ssh') {
			const opened = await openSsh(address, login, timing, signal, setup.permit);
			if (opened.state !== 'open') return { result: opened };
			({ transport, hostKey } = opened);
		} else transport = openLocal();
		if (signal.aborted) giveUp();
		else signal.addEventListener('abort', giveUp);
		const own = address.kind === 'local' ? { pythons: [setup.python], runtime: setup.localRuntime } : {};
		const command = await transport.exec(
			bootCommand({ bootstrap: zipapp.bootstrap, environments: address.environments, ...own })
		);
		const hello = await boot(command, zipapp, place(address), timing.boot);
		return { line: { transport, command, hello, hostKey } };
	} catch (error) {
		giveUp();
		if (error instanceof ProblemError) return { result: { state: 'failed', problem: error.problem } };
		const { code, message } = error as NodeJS.ErrnoException;
		return {
			result: {
				state: 'failed',
				problem: {
					code: 'agent-missing',
					title: 'The program for workspaces cannot be read on this server.',
					detail: code ?? message,
					remedy: 'Check that the installation is complete.'
				}
			}
		};
	} finally {
		signal.removeEventListener('abort', giveUp);
	}
}
