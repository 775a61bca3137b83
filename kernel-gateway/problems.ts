import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';

/** What people are told when a workspace does not answer as it should. None of these texts ever holds a secret. */
type Ssh = Extract<WorkspaceAddress, { kind: 'ssh' }>;
export type Target = Pick<Ssh, 'host' | 'port' | 'user'>;

/** `ada@host, port 22`, or `this machine`. */
export function place(address: WorkspaceAddress): string {
	return address.kind === 'local' ? 'this machine' : at(address);
}

/** `ada@host, port 22`. */
export function at(target: Target): string {
	return `${target.user}@${target.host}, port ${target.port}`;
}

/** Why a connection to an SSH server failed, from what Node or ssh2 said. */
export function connectionProblem(
	target: Target,
	error: Error & { code?: string; level?: string },
	seen: Seen
): Problem {
	const { host, port } = target;
	switch (error.code) {
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
		case 'EAI_FAIL':
			return {
				code: 'ssh-host-unknown',
				title: `There is no machine with the name ${host}.`,
				detail: `The name could not be looked up (${error.code}) to connect to ${at(target)}.`,
				remedy: 'Check the spelling. Some machines are known only inside their institute or its VPN.'
			};
		case 'ECONNREFUSED':
			return {
				code: 'ssh-port-refused',
				title: `${host} refuses connections at port ${port}.`,
				detail: `No SSH server listens there, or a firewall turns us away (${at(target)}).`,
				remedy: 'Check the port number, and that the SSH server is running.'
			};
		case 'EHOSTUNREACH':
		case 'ENETUNREACH':
		case 'EHOSTDOWN':
			return {
				code: 'ssh-unreachable',
				title: `${host} cannot be reached from here.`,
				detail: `The network has no way to ${at(target)} (${error.code}).`,
				remedy: 'Check that the machine is switched on and whether it needs a VPN.'
			};
	}
	if (!seen.connected) {
		return {
			code: 'ssh-timeout',
			title: `${host} does not answer at port ${port}.`,
			detail: `The connection to ${at(target)} could not be made: ${error.message}.`,
			remedy: 'Check host and port. A firewall may be dropping the connection, or the machine may need a VPN.'
		};
	}
	if (!seen.greeted) {
		return {
			code: 'ssh-no-banner',
			title: `What listens at ${host}, port ${port}, does not talk SSH.`,
			detail: `${at(target)} accepted the connection, but did not greet as an SSH server does.`,
			remedy:
				'Check the port number; SSH usually is port 22. An overloaded server may also be too slow to greet.'
		};
	}
	return {
		code: 'ssh-handshake',
		title: `The SSH connection to ${host} could not be set up.`,
		detail: `${at(target)}: ${error.message}.`,
		remedy: 'Try again. When it stays like this, tell the people who run the machine the sentence above.'
	};
}

/** How far a connection came before it failed. */
export interface Seen {
	connected: boolean;
	greeted: boolean;
}

export const addressInvalid = ({ host, port, user }: Target): Problem => ({
	code: 'ssh-address-invalid',
	title: 'This is not a complete address.',
	detail: `The host is “${host}”, the port ${port}, the user “${user}”.`,
	remedy: 'Name a host and a user; the port is a number from 1 to 65535, usually 22.'
});

export const noChannel = (target: Target, reason: string): Problem => ({
	code: 'ssh-no-session',
	title: `${target.host} let ${target.user} in but runs no command for this account.`,
	detail: `${at(target)} refused to open a session (${reason}). Its MaxSessions may be used up or set to 0.`,
	remedy: 'Ask the people who run the machine to allow commands over SSH for this account.'
});

/** A jump host let us in, and does not take us further. `reason` is what it said. */
export const hopUnreachable = (target: Target, via: Target, reason: string): Problem => ({
	code: 'ssh-hop-unreachable',
	title: `${via.host} cannot connect on to ${target.host}, port ${target.port}.`,
	detail: `The jump host ${at(via)} said: ${reason}.`,
	remedy: 'Check host and port as they are called on the jump host, and that it allows forwarding.'
});

export const wayNotOffered = (): Problem => ({
	code: 'workspace-way-not-offered',
	title: "This server does not connect by its own system's SSH program.",
	detail: 'The workspace asks for it, and the operator has not allowed it.',
	remedy: 'Change the workspace to connect in the usual way, or ask an administrator.'
});

/** `reason`: what the other side, or this machine, said. */
export const portRefused = (where: string, port: number, reason: string): Problem => ({
	code: 'workspace-port-refused',
	title: `Nothing answers at port ${port} of ${where}.`,
	detail: `The connection was refused: ${reason}.`,
	remedy: 'Check that the program there is running and listens at this port.'
});

export const jobOver = (): Problem => ({
	code: 'job-over',
	title: 'The job in which this service ran has ended.',
	detail: 'All programs in it have ended with it.',
	remedy: 'Start the kernel in a job again, and the service there; then open it from the web services.'
});

/** Words of the other side, short enough for a dialog. */
export function quote(text: string): string {
	const words = text
		.replace(/[^\P{C}\n]/gu, '')
		.replace(/\s+/g, ' ')
		.trim();
	return words ? ` It said: “${words.length > 400 ? words.slice(0, 400) + '…' : words}”` : '';
}

export const noShell = (where: string, code: number | null, said: string): Problem => ({
	code: 'agent-no-shell',
	title: `The account ${where} does not run commands.`,
	detail: `The login shell ended${code === null ? '' : ` with status ${code}`} before our program started.${quote(said)}`,
	remedy: 'The account needs a login shell, and login scripts that do not end it.'
});

export const tooNoisy = (where: string, said: string): Problem => ({
	code: 'agent-noise',
	title: `The login scripts of ${where} print too much.`,
	detail: `More than 64 kilobytes came before our program could answer.${quote(said)}`,
	remedy: 'Let ~/.bashrc and its like print nothing when the shell is not interactive.'
});

export const noAnswer = (where: string, seconds: number, said: string): Problem => ({
	code: 'agent-no-answer',
	title: `Our program on ${where} does not start.`,
	detail: `The login worked, but for ${seconds} seconds nothing came.${quote(said)}`,
	remedy:
		'The machine may be overloaded, its home folder may hang, or a login script may be waiting for input.'
});

export const lostWhileStarting = (where: string, said: string): Problem => ({
	code: 'agent-lost',
	title: `The connection to ${where} broke while our program was starting.`,
	detail: `The line ended before the program said hello.${quote(said)}`,
	remedy: 'Try again.'
});

export const otherProtocol = (where: string, protocol: unknown): Problem => ({
	code: 'agent-protocol',
	title: `The program running on ${where} is of another version.`,
	detail: `It speaks protocol ${String(protocol)}; this server speaks 1. It keeps running while a kernel of it lives.`,
	remedy: 'Shut down the kernels there with the server that started them, then connect again.'
});

const FAILURES: Record<string, Omit<Problem, 'detail'>> = {
	'no-python': {
		code: 'agent-no-python',
		title: 'There is no Python on the machine.',
		remedy: 'Install Python 3.8 or newer, or name an environment that has one in the workspace settings.'
	},
	'old-python': {
		code: 'agent-old-python',
		title: 'The Python on the machine is too old.',
		remedy: 'Install Python 3.8 or newer, or name an environment that has one in the workspace settings.'
	},
	hash: {
		code: 'agent-not-stored',
		title: 'Our program arrived damaged.',
		remedy: 'Connect again. When it stays like this, something changes the data on its way.'
	},
	cache: {
		code: 'agent-not-stored',
		title: 'Our program cannot be stored on the machine.',
		remedy: 'Make room in the home folder (quota), or make ~/.cache writable.'
	},
	daemon: {
		code: 'agent-not-started',
		title: 'Our program on the machine does not start.',
		remedy: 'Read daemon.log in its folder named above, and connect again.'
	}
};

/** What an `ANSATZ-FAIL` line means. */
export function bootProblem(where: string, failure: { code?: unknown; message?: unknown }): Problem {
	const known = FAILURES[String(failure.code)] ?? FAILURES.daemon!;
	return {
		...known,
		title: known.title.replace('the machine', where),
		detail: `${where}:${quote(String(failure.message))}`
	};
}

export const lineLost = (where: string): Problem => ({
	code: 'workspace-lost',
	title: `The connection to ${where} is lost at the moment.`,
	detail: 'It is being tried again. Kernels go on running meanwhile.',
	remedy: 'Wait until the connection is back.'
});

export const notConnected = (where: string): Problem => ({
	code: 'workspace-not-connected',
	title: `There is no connection to ${where}.`,
	detail: 'Nobody has logged in since the server started, or the connection was ended.',
	remedy: 'Connect to the workspace.'
});

/** What logs in was wiped while the line lived; it has broken since. */
export const signInAgain = (where: string): Problem => ({
	code: 'workspace-sign-in-again',
	title: `You have to sign in to ${where} again.`,
	detail: 'The connection broke, and passwords and keys are not kept for longer than they are needed.',
	remedy: 'Connect to the workspace. Kernels go on running meanwhile.'
});

export const hostKeyChanged = (target: Target, seen: string, expected: string, pinned: boolean): Problem => ({
	code: 'ssh-host-key-changed',
	title: `The machine that answers for ${at(target)} is not the one that was ${pinned ? 'pinned' : 'accepted'}.`,
	detail: `Its key is ${seen}; ${pinned ? 'an administrator has pinned' : 'accepted was'} ${expected}. Nothing secret was sent to it.`,
	remedy: pinned
		? 'Ask an administrator of this server; only they can change a pinned key.'
		: 'Ask the people who run the machine whether its key has changed, and only then accept the new one.'
});

export const hostKeyUnknown = (target: Target, seen: string): Problem => ({
	code: 'ssh-host-key-unknown',
	title: `The key of ${at(target)} has not been accepted yet.`,
	detail: `It is ${seen}. Nothing secret was sent to it.`,
	remedy: 'Connect again and compare the key with the one its people publish.'
});

export const hostKeyRevoked = (target: Target, seen: string): Problem => ({
	code: 'ssh-host-key-revoked',
	title: `The key that ${at(target)} shows has been revoked.`,
	detail: `It is ${seen}. Whoever answers there may have stolen it. Nothing secret was sent.`,
	remedy: 'Do not log in there. Ask the people who run the machine for its new key.'
});

const STATUS: Record<string, number> = {
	'bad-params': 400,
	'no-kernel': 404,
	'no-task': 404,
	'no-terminal': 404,
	'no-sweep': 404,
	terminals: 409,
	dead: 409,
	alive: 409,
	busy: 503,
	start: 422,
	job: 409,
	timeout: 504,
	authorize: 409
};

/** An error answer of the agent as an exception: the request was heard, and refused. */
export function refusal(where: string, error: { code?: unknown; message?: unknown }): ProblemError {
	const code = typeof error.code === 'string' ? error.code : 'error';
	if (code === 'job-over') return new ProblemError(410, jobOver());
	return new ProblemError(STATUS[code] ?? 502, {
		code: `agent-${code}`,
		title: `This was not possible on ${where}.`,
		detail: quote(String(error.message)).trim()
	});
}
