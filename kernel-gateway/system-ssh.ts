/**
 * A transport by the `ssh` program of the server, for what ssh2 has not: Kerberos, certificates, `~/.ssh/config`. One
 * master holds the connection, and every command and connection is a client of its socket (ssh_config(5), ControlMaster).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { ProblemError } from '#lib/model/problem.ts';
import type { Checks } from './checks.ts';
import { atHop, hopsOf, type SshAddress } from './hops.ts';
import type { Permit } from './permit.ts';
import { noChannel, portRefused } from './problems.ts';
import type { SshResult } from './ssh.ts';
import { programMissing, systemProblem } from './system-ssh-problems.ts';
import { configArguments, permitWay, targetArguments, type SystemSsh } from './system-ssh-target.ts';
import type { Timing } from './timing.ts';
import { tail, type Command, type Transport } from './transport.ts';

export interface SystemTry {
	address: SshAddress;
	ssh: SystemSsh;
	timing: Timing;
	permit: Permit | undefined;
	checks: Checks;
	signal: AbortSignal;
}

/**
 * Ends the master when our end of its standard input closes, whatever the reason: it would hold the connection for ever
 * when the server is killed.
 */
const MASTER = `
exec 3<&0
"$0" "$@" </dev/null 3<&- &
master=$!
(read -r _; kill $master) <&3 3<&- >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait $master
code=$?
kill $guard
exit $code
`;

const READY = 'ANSATZ-READY';

/** Waited for in what a client says with -v: the master has opened its session or connection. */
const OPENED = /master session id: \d+/;

/** Connects by the server's `ssh`. Nothing of it can ask anybody. Never rejects; `signal` gives up at once (state `failed`). */
export async function openSystemSsh(the: SystemTry): Promise<SshResult> {
	const { address, ssh, timing, checks, signal } = the;
	checks.doing('reachable', `Connecting to ${address.host} by the server’s own ssh`);
	const target = targetArguments(address);
	const denied = 'problem' in target ? target.problem : await permitWay(ssh, address, the.permit);
	if (denied || 'problem' in target) {
		checks.failed('reachable', denied!);
		return { refused: { state: 'failed', problem: denied! } };
	}
	const folder = mkdtempSync(join(tmpdir(), 'ans-'));
	const socket = join(folder, 's');
	const { program = 'ssh' } = ssh;
	const args = [...configArguments(ssh), '-N', '-T', ...masterOptions(socket, timing), ...target.args];
	const master = spawn('/bin/sh', ['-c', MASTER, program, ...args], {
		stdio: 'pipe',
		// no terminal: neither it nor the ssh it starts for a jump host can ask there
		detached: true,
		...environment(ssh)
	});
	const said = tail(master.stderr);
	let late = false;
	const closed = new Promise<string | undefined>((resolve) => {
		master.once('error', () => resolve(undefined));
		master.once('close', () => resolve(said().trim().split('\n').at(-1) || undefined));
	}).finally(() => rmSync(folder, { recursive: true, force: true }));
	const end = (): void => void master.stdin.end();
	master.stdin.on('error', () => {});
	const deadline = setTimeout(() => ((late = true), end()), timing.connect);
	signal.addEventListener('abort', end);
	if (signal.aborted) end();
	const ready = await Promise.race([printed(master, READY), closed.then(() => false)]);
	clearTimeout(deadline);
	signal.removeEventListener('abort', end);
	if (ready && !signal.aborted) {
		checks.ok('reachable', `${address.host} answers`);
		checks.ok('host-key', 'Known to this server');
		checks.ok('sign-in', 'Logged in by the server’s own ssh');
		return { transport: overMaster(address, ssh, socket, timing, closed, end), keys: [] };
	}
	end();
	const { check, problem } = /: not found|No such file/.test(said())
		? { check: 'reachable' as const, problem: programMissing() }
		: systemProblem(address, said(), late);
	checks.failed(check, problem);
	// trying again would be refused again, and may get the account of the server locked
	if (check === 'sign-in')
		return { refused: { state: 'needs-sign-in', methods: [], problem, ...atHop(hopsOf(address).at(-1)!) } };
	return { refused: { state: 'failed', problem } };
}

function masterOptions(socket: string, timing: Timing): string[] {
	const options: Record<string, string | number> = {
		ControlMaster: 'yes',
		ControlPath: socket,
		// it lives as long as the process we hold
		ControlPersist: 'no',
		BatchMode: 'yes',
		StrictHostKeyChecking: 'yes',
		NumberOfPasswordPrompts: 0,
		ConnectTimeout: Math.ceil(timing.connect / 1000),
		ServerAliveInterval: Math.max(1, Math.round(timing.keepalive / 1000)),
		ServerAliveCountMax: 3,
		// runs when the login has worked
		PermitLocalCommand: 'yes',
		LocalCommand: `echo ${READY}`,
		ClearAllForwardings: 'yes',
		ForwardAgent: 'no',
		ForwardX11: 'no',
		ForkAfterAuthentication: 'no',
		RemoteCommand: 'none',
		Tunnel: 'no',
		UpdateHostKeys: 'no',
		VisualHostKey: 'no',
		LogLevel: 'INFO'
	};
	return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function environment({ env }: SystemSsh): { env?: Record<string, string> } {
	return env ? { env: { ...env, SSH_ASKPASS_REQUIRE: 'never' } } : {};
}

/** Resolves with true when the process has printed the word on standard output. */
function printed(child: ChildProcess, word: string): Promise<true> {
	let text = '';
	return new Promise((resolve) => {
		child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
			text = (text + chunk).slice(-4096);
			if (text.includes(word)) resolve(true);
		});
	});
}

function overMaster(
	address: SshAddress,
	ssh: SystemSsh,
	socket: string,
	timing: Timing,
	closed: Promise<string | undefined>,
	close: () => void
): Transport {
	/** A client of the master's socket; without a master it ends, since it has no other way. */
	const client = async (...args: string[]): Promise<Command> => {
		const options = [
			'-F',
			'none',
			'-S',
			socket,
			'-v',
			'-T',
			'-o',
			'ProxyCommand=false',
			'-o',
			'BatchMode=yes'
		];
		const child = spawn(ssh.program ?? 'ssh', [...options, ...args], { stdio: 'pipe', ...environment(ssh) });
		child.stdin.on('error', () => {});
		// what nobody reads yet is thrown away by Node when a program ends
		const output = child.stdout.pipe(new PassThrough());
		const own = tail(child.stderr);
		const errorText = (): string => own().replace(/^(debug1: |OpenSSH_)[^\n]*\n?/gm, '');
		const ended = new Promise<{ code: number | null }>((resolve) => {
			child.once('error', () => resolve({ code: null }));
			// 255: the program's own, not the command's
			child.once('close', (code) => resolve({ code: code === 255 ? null : code }));
		});
		const deadline = setTimeout(() => child.kill(), timing.connect);
		const opened = await new Promise<boolean>((resolve) => {
			child.stderr.on('data', () => OPENED.test(own()) && resolve(true));
			void ended.then(() => resolve(OPENED.test(own())));
		});
		clearTimeout(deadline);
		if (!opened) throw new Error(errorText().trim().split('\n')[0] || 'the connection is gone');
		return { input: child.stdin, output, errorText, ended, kill: () => void child.kill() };
	};
	const { host, user } = address;
	return {
		closed,
		exec: (command) =>
			client('--', host, command).catch((error: Error) => {
				throw new ProblemError(502, noChannel(address, error.message));
			}),
		async forward(to, port) {
			const at = `${isIPv6(to) ? `[${to}]` : to}:${port}`;
			const command = await client('-W', at, '--', host).catch((error: Error) => {
				throw new ProblemError(502, portRefused(`${user}@${host}`, port, error.message));
			});
			return asStream(command);
		},
		close
	};
}

/** Standard input and output of a client as one stream, which ends each way by itself. */
function asStream({ input, output, ended, kill }: Command): Duplex {
	const stream = new Duplex({
		read: () => void output.resume(),
		write: (chunk, encoding, done) => void input.write(chunk, encoding, done),
		final: (done) => void input.end(done),
		destroy(error, done) {
			kill();
			done(error);
		}
	});
	output.on('data', (chunk) => stream.push(chunk) || output.pause());
	output.once('end', () => stream.push(null));
	void ended.then(() => input.destroy());
	// until its user listens, an error must not be one of the process
	stream.on('error', () => {});
	return stream;
}
