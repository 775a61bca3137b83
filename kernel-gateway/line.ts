import type { Asker } from '#lib/model/ask.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { KnownKey, WorkspaceAddress } from '#lib/model/workspace.ts';
import { boot, bootCommand, type Hello } from './bootstrap.ts';
import { Checks } from './checks.ts';
import type { Refused } from './hop.ts';
import { openLocal } from './local.ts';
import type { Logins } from './login.ts';
import type { Permit } from './permit.ts';
import { place, wayNotOffered } from './problems.ts';
import { openSsh, type SshResult } from './ssh.ts';
import { openSystemSsh } from './system-ssh.ts';
import type { SystemSsh } from './system-ssh-target.ts';
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
	/** Asks the owner of a workspace what only they can answer. */
	ask: Asker | undefined;
	/** The socket of the SSH agent of the account the server runs as, where workspaces may use it. */
	agentSocket: string | undefined;
	/** The server's own `ssh`, where workspaces of administrators may use it. */
	systemSsh: SystemSsh | undefined;
}

/** An agent that has said hello, and the way to it. */
export interface Line {
	transport: Transport;
	command: Command;
	hello: Hello;
	/** The keys that were verified, hop by hop; none on this machine. */
	keys: KnownKey[];
}

/** What one try uses besides the setup. */
export interface Try {
	logins: Logins;
	timing: Timing;
	checks: Checks;
	signal: AbortSignal;
}

/** Goes the whole way to an agent: connect, log in, start it. Never rejects; nothing stays open unless a line is answered. */
export async function openLine(
	address: WorkspaceAddress,
	setup: AgentSetup,
	{ logins, timing, checks, signal }: Try
): Promise<{ line: Line } | Refused> {
	let transport: Transport | undefined;
	const giveUp = (): void => transport?.close();
	try {
		await setup.zipapp();
		const opened = await openTransport(address, setup, { logins, timing, checks, signal });
		if ('refused' in opened) return opened;
		({ transport } = opened);
		if (signal.aborted) giveUp();
		else signal.addEventListener('abort', giveUp);
		const program = await startProgram(transport, address, setup, { timing, checks });
		return { line: { transport, ...program, keys: opened.keys } };
	} catch (error) {
		giveUp();
		return { refused: { state: 'failed', problem: problemOf(error) } };
	} finally {
		signal.removeEventListener('abort', giveUp);
	}
}

/** The way that the address names. */
async function openTransport(
	address: WorkspaceAddress,
	setup: AgentSetup,
	{ logins, timing, checks, signal }: Try
): Promise<SshResult> {
	if (address.kind === 'local') return { transport: openLocal(), keys: [] };
	const { id, name } = address;
	const { permit, ask, systemSsh } = setup;
	if (address.way === 'system') {
		if (systemSsh && address.privileged)
			return openSystemSsh({ address, ssh: systemSsh, timing, permit, checks, signal });
		const problem = wayNotOffered();
		checks.failed('reachable', problem);
		return { refused: { state: 'failed', problem } };
	}
	// it logs in as the server: not for everybody
	const agentSocket = address.privileged ? setup.agentSocket : undefined;
	const tools = { workspace: { id, name }, ask, agentSocket };
	return openSsh({ address, logins, tools, timing, permit, checks, signal });
}

function problemOf(error: unknown): Problem {
	if (error instanceof ProblemError) return error.problem;
	const { code, message } = error as NodeJS.ErrnoException;
	return {
		code: 'agent-missing',
		title: 'The program for workspaces cannot be read on this server.',
		detail: code ?? message,
		remedy: 'Check that the installation is complete.'
	};
}

/** One of our programs on a workspace, past its hello. */
export interface Program {
	command: Command;
	hello: Hello;
}

/**
 * Starts our program over a line that is open: the way to the daemon, or with `args` another part of it (`files`), which
 * says the same hello and then speaks as it likes. Rejects with ProblemError.
 */
export async function startProgram(
	transport: Transport,
	address: WorkspaceAddress,
	setup: AgentSetup,
	{ timing, checks = new Checks() }: { timing: Timing; checks?: Checks },
	args: readonly string[] = []
): Promise<Program> {
	const zipapp = await setup.zipapp();
	const { bootstrap } = zipapp;
	const { environments } = address;
	const own = address.kind === 'local' ? { pythons: [setup.python], runtime: setup.localRuntime } : {};
	const command = await transport
		.exec(bootCommand({ bootstrap, environments, args, ...own }))
		.catch((error: unknown) => {
			if (error instanceof ProblemError) checks.failed('shell', error.problem);
			throw error;
		});
	return { command, hello: await boot(command, zipapp, place(address), timing.boot, checks) };
}
