import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HostTrust, KnownKey } from '#lib/model/workspace.ts';

/** How the server under test should behave. Everything has a default: one account `ada` with a password and a key. */
export interface SshdOptions {
	user?: string;
	password?: string;
	/** The login shell in the account's passwd line. */
	shell?: string;
	/** Which ways to log in are offered. `keyboard` asks what PAM asks: for the password, unless `pam` says otherwise. */
	methods?: ('password' | 'keyboard' | 'key')[];
	/** The lines of /etc/pam.d/sshd. `CODE` is the module that asks for a one-time code of this server's `codeSecret`. */
	pam?: string[];
	/** Host keys by type, as ssh-keygen calls them. The first is what `fingerprint` says. */
	hostKeys?: string[];
	/** Shown to clients before they log in. */
	banner?: string;
	/** A file of the account's home, `.bashrc` say, and its text. */
	files?: Record<string, string>;
	/** A home folder that takes no file: because all its space is used, or because it is mounted so. */
	home?: 'full' | 'read-only';
	/** Printed before every command, as login scripts do. */
	noise?: string;
	/** The search path commands see; `''` leaves an account without python. */
	path?: string;
	/** Folders the account must be able to read although a folder above them keeps others out (a Python under /root). */
	readable?: string[];
	/** Listen here instead of on a free port: to replace a stopped server by one with another key. */
	port?: number;
	/** More lines for sshd_config. */
	config?: string[];
}

/** A running OpenSSH server with accounts of its own. */
export interface Sshd {
	host: '127.0.0.1';
	port: number;
	user: string;
	password: string;
	/** Unencrypted, in OpenSSH's format; authorized for the account. */
	privateKey: string;
	/** `SHA256:…` of the host key. */
	fingerprint: string;
	keyType: string;
	/** All host keys, in the order of `hostKeys`. */
	hostKeys: KnownKey[];
	/** What one-time codes are made from (tests/support/one-time-code.ts). */
	codeSecret: Buffer;
	/** The account's home, readable from outside. */
	home: string;
	/** Everything the server logged so far (LogLevel VERBOSE). */
	logText(): string;
	/** Waits until the log matches; answers the matching text. */
	logged(pattern: RegExp): Promise<string>;
	/** Another private key that logs in, made by ssh-keygen with these arguments (`-t rsa -m PKCS8 -N secret`). */
	makeKey(...keygen: string[]): string;
	/** Lets this key log in too; a line of authorized_keys. */
	authorize(line: string): void;
	/** Ends the server and every process its accounts started, and removes its folder. */
	stop(): Promise<void>;
}

/**
 * The namespaces keep the accounts and all processes of the server away from the system. The second process ends them
 * when our end of standard input closes, whatever the reason.
 */
const START = `
exec 3<&0
unshare --mount --pid --fork --mount-proc --kill-child sh -c '
	set -e
	mount -t tmpfs tmpfs /run
	mkdir -p /run/sshd
	for file in passwd shadow group; do mount --bind "$1/etc/$file" "/etc/$file"; done
	if [ -e "$1/etc/pam" ]; then mount --bind "$1/etc/pam" /etc/pam.d/sshd; fi
	. "$1/mounts"
	exec /usr/sbin/sshd -D -e -f "$1/sshd_config"
' sh "$1" 3<&- </dev/null &
server=$!
(read -r _; kill -9 $server) <&3 &
wait $server 2>/dev/null
kill $! 2>/dev/null
`;

/**
 * Starts a real sshd on a free loopback port, in a temporary folder and in namespaces of its own (accounts,
 * processes), so nothing on the system changes and nothing stays behind, even when the test is killed.
 * Throws with what to type when sshd is missing or this is not root.
 */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
	demand();
	const user = options.user ?? 'ada';
	const password = options.password ?? 'correct horse 7';
	const port = options.port ?? (await freePort());
	const folder = mkdtempSync(path.join(tmpdir(), 'sshd-'));
	const home = path.join(folder, 'home', user);
	const uid = 30000 + Math.floor(Math.random() * 30000);
	chmodSync(folder, 0o755);
	mkdirSync(home, { recursive: true });
	for (const name of ['run', 'tmp']) mkdirSync(path.join(folder, name), { mode: 0o700 });
	for (const own of [home, path.join(folder, 'run'), path.join(folder, 'tmp')]) chownSync(own, uid, uid);

	const hostKeys = (options.hostKeys ?? ['ed25519']).map((type) => {
		const file = path.join(folder, `host_key_${type}`);
		keygen(file, ['-t', type, '-N', '', ...(type === 'rsa' ? ['-b', '2048'] : [])]);
		const [keyType, blob] = readFileSync(`${file}.pub`, 'utf8').split(' ') as [string, string];
		const digest = createHash('sha256').update(blob, 'base64').digest('base64').replace(/=+$/, '');
		return { keyType, fingerprint: `SHA256:${digest}` };
	});
	const codeSecret = randomBytes(20);
	writeFileSync(path.join(folder, 'code'), `${base32(codeSecret)}\n" TOTP_AUTH\n`, { mode: 0o600 });
	if (options.banner !== undefined) writeFileSync(path.join(folder, 'banner'), options.banner);
	for (const [name, text] of Object.entries(options.files ?? {})) {
		mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
		writeFileSync(path.join(home, name), text);
	}
	execFileSync('chown', ['-R', `${uid}:${uid}`, home]);
	keygen(path.join(folder, 'user_key'), ['-t', 'ed25519', '-N', '']);
	const authorized = path.join(folder, 'authorized_keys');
	writeFileSync(authorized, readFileSync(path.join(folder, 'user_key.pub')));
	accounts(folder, options, { user, password, uid, home });
	writeFileSync(
		path.join(folder, 'mounts'),
		mounts(folder, options.readable ?? []) + homeMount(home, uid, options.home)
	);
	writeFileSync(path.join(folder, 'sshd_config'), configuration(folder, port, options).join('\n') + '\n');

	const server = spawn('/bin/sh', ['-c', START, 'sh', folder], { stdio: ['pipe', 'ignore', 'pipe'] });
	const log = collect(server);
	const gone = new Promise<void>((resolve) => server.once('close', () => resolve()));
	const stop = async (): Promise<void> => {
		server.stdin!.end('\n');
		await gone;
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	try {
		await log.logged(/Server listening on /);
	} catch (error) {
		await stop();
		throw error;
	}
	let keys = 0;
	return {
		host: '127.0.0.1',
		port,
		user,
		password,
		privateKey: readFileSync(path.join(folder, 'user_key'), 'utf8'),
		...hostKeys[0]!,
		hostKeys,
		codeSecret,
		home,
		logText: log.text,
		logged: log.logged,
		makeKey(...args) {
			const file = path.join(folder, `made_${keys++}`);
			keygen(file, args);
			writeFileSync(authorized, readFileSync(`${file}.pub`), { flag: 'a' });
			return readFileSync(file, 'utf8');
		},
		authorize: (line) => writeFileSync(authorized, `${line}\n`, { flag: 'a' }),
		stop
	};
}

/** Trust in the key of a server, and in no other. */
export function trusting({ keyType, fingerprint }: Pick<Sshd, 'keyType' | 'fingerprint'>): HostTrust {
	return { accepted: [{ keyType, fingerprint }], pinned: [], revoked: [] };
}

/** A TCP relay on loopback that a test can harm. */
export interface Proxy {
	port: number;
	/** How many connections were made through it so far. */
	connections(): number;
	/** Resets every connection. New ones work. */
	cut(): void;
	/** Keeps all connections open but lets nothing through any more: a half-open line. New ones work. */
	swallow(): void;
	/** Refuse (by reset) or accept new connections. */
	refuse(value: boolean): void;
	stop(): Promise<void>;
}

/** Starts a relay to a loopback port. */
export async function startProxy(target: number): Promise<Proxy> {
	const pairs = new Set<[net.Socket, net.Socket]>();
	let connections = 0;
	let refusing = false;
	const server = net.createServer({ noDelay: true }, (near) => {
		if (refusing) return void near.resetAndDestroy();
		connections++;
		const far = net.connect({ port: target, host: '127.0.0.1', noDelay: true });
		const pair: [net.Socket, net.Socket] = [near, far];
		pairs.add(pair);
		for (const [from, to] of [pair, [far, near]] as const) {
			from.on('data', (chunk) => to.write(chunk));
			from.on('error', () => to.destroy());
			from.on('close', () => (to.destroy(), pairs.delete(pair)));
		}
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.address() as net.AddressInfo).port,
		connections: () => connections,
		cut() {
			for (const [near, far] of pairs) {
				near.resetAndDestroy();
				far.destroy();
			}
		},
		swallow() {
			for (const socket of [...pairs].flat()) socket.removeAllListeners('data').resume();
		},
		refuse(value) {
			refusing = value;
		},
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of [...pairs].flat()) socket.destroy();
			})
	};
}

/** A loopback port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
	const server = net.createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as net.AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

function demand(): void {
	if (!existsSync('/usr/sbin/sshd')) {
		throw new Error(
			"These tests need OpenSSH's server. Type: apt-get install --no-install-recommends openssh-server"
		);
	}
	if (process.getuid?.() !== 0) {
		throw new Error(
			'These tests start an sshd with accounts of its own, for which they must be root. Type: sudo npm test'
		);
	}
}

function keygen(file: string, args: string[]): void {
	execFileSync('ssh-keygen', ['-q', ...args, '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Copies of the system's account files with the test account added; they are mounted over the real ones. */
function accounts(
	folder: string,
	options: SshdOptions,
	account: { user: string; password: string; uid: number; home: string }
): void {
	const { user, password, uid, home } = account;
	const hash = execFileSync('perl', ['-e', 'print crypt(<STDIN>, "\\$6\\$ansatz")'], {
		input: password,
		encoding: 'utf8'
	});
	const lines = {
		passwd: `${user}:x:${uid}:${uid}::${home}:${options.shell ?? '/bin/sh'}`,
		shadow: `${user}:${hash}:19000:0:99999:7:::`,
		group: `${user}:x:${uid}:`
	};
	mkdirSync(path.join(folder, 'etc'));
	for (const [file, line] of Object.entries(lines)) {
		const kept = readFileSync(`/etc/${file}`, 'utf8')
			.split('\n')
			.filter((other) => !other.startsWith(`${user}:`));
		const mode = file === 'shadow' ? 0o600 : 0o644;
		writeFileSync(path.join(folder, 'etc', file), `${line}\n${kept.join('\n')}`, { mode });
	}
	if (options.methods?.includes('keyboard')) {
		const asks = options.pam ?? ['auth required pam_unix.so nodelay'];
		const lines = [...asks, 'account required pam_unix.so', 'session required pam_permit.so', ''];
		const code = `pam_google_authenticator.so secret=${folder}/code user=root`;
		writeFileSync(path.join(folder, 'etc', 'pam'), lines.join('\n').replaceAll('CODE', code));
	}
	if (options.noise !== undefined) writeFileSync(path.join(folder, 'noise'), options.noise);
}

/** Shell lines that replace each folder which keeps others out by one holding only the ways to what is to be read. */
function mounts(folder: string, readable: string[]): string {
	const hidden = new Map<string, string[]>();
	for (const target of readable.map((name) => realpathSync(name))) {
		const above: string[] = [];
		for (let at = target; at !== '/'; at = path.dirname(at)) above.unshift(at);
		const closed = above.find((at) => (statSync(at).mode & 0o005) !== 0o005);
		if (closed) hidden.set(closed, [...(hidden.get(closed) ?? []), target]);
	}
	const lines: string[] = [];
	for (const [closed, targets] of hidden) {
		const kept = targets.map((_, index) => `"${folder}/kept${hidden.size}_${lines.length}_${index}"`);
		targets.forEach((target, index) =>
			lines.push(`mkdir ${kept[index]!}; mount --bind "${target}" ${kept[index]!}`)
		);
		lines.push(`mount -t tmpfs -o mode=755 tmpfs "${closed}"`);
		targets.forEach((target, index) => {
			lines.push(`mkdir -p "${target}"; mount --bind ${kept[index]!} "${target}"`);
		});
	}
	return lines.join('\n') + '\n';
}

/** A shell line that makes the home folder take no file. */
function homeMount(home: string, uid: number, kind: SshdOptions['home']): string {
	if (!kind) return '';
	if (kind === 'read-only') {
		return `mount --bind "${home}" "${home}"; mount -o remount,bind,ro "${home}"\n`;
	}
	return (
		`mount -t tmpfs -o size=32k,mode=700,uid=${uid},gid=${uid} tmpfs "${home}"\n` +
		`head -c 1000000 /dev/zero >"${home}/full" 2>/dev/null || true\n`
	);
}

/** RFC 4648 section 6, without padding. */
function base32(bytes: Buffer): string {
	const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
	return bits.replace(/.{5}/g, (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)]!);
}

function configuration(folder: string, port: number, options: SshdOptions): string[] {
	const methods = options.methods ?? ['password', 'key'];
	const yes = (value: boolean): string => (value ? 'yes' : 'no');
	const noise = options.noise === undefined ? '' : `/bin/cat ${folder}/noise; `;
	const env =
		options.path === undefined
			? ''
			: `/usr/bin/env -i "HOME=$HOME" "PATH=${options.path || '/nonexistent'}" `;
	return [
		...(options.config ?? []),
		`Port ${port}`,
		'ListenAddress 127.0.0.1',
		...(options.hostKeys ?? ['ed25519']).map((type) => `HostKey ${folder}/host_key_${type}`),
		...(options.banner === undefined ? [] : [`Banner ${folder}/banner`]),
		'PidFile none',
		`AuthorizedKeysFile ${folder}/authorized_keys`,
		'StrictModes no',
		`UsePAM ${yes(methods.includes('keyboard'))}`,
		`PasswordAuthentication ${yes(methods.includes('password'))}`,
		`KbdInteractiveAuthentication ${yes(methods.includes('keyboard'))}`,
		`PubkeyAuthentication ${yes(methods.includes('key'))}`,
		'LogLevel VERBOSE',
		'PrintMotd no',
		'MaxStartups 100',
		...(penalties() ? ['PerSourcePenalties no'] : []),
		`SetEnv XDG_RUNTIME_DIR=${folder}/run TMPDIR=${folder}/tmp`,
		...(noise || env ? [`ForceCommand ${noise}exec ${env}/bin/sh -c "$SSH_ORIGINAL_COMMAND"`] : [])
	];
}

/** Since 9.8 OpenSSH locks an address out for a while after failures, which is what these tests make. */
function penalties(): boolean {
	const version = /_(\d+)\.(\d+)/.exec(spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr);
	return version !== null && Number(version[1]) * 100 + Number(version[2]) >= 908;
}

/** Gathers what the server logs and lets tests wait for a line. */
function collect(server: ChildProcess): Pick<Sshd, 'logged'> & { text: () => string } {
	let text = '';
	const waiting = new Set<() => void>();
	const wake = (): void => waiting.forEach((look) => look());
	let ended = false;
	server.stderr!.setEncoding('utf8').on('data', (chunk: string) => ((text += chunk), wake()));
	server.once('close', () => ((ended = true), wake()));
	return {
		text: () => text,
		logged: (pattern) =>
			new Promise((resolve, reject) => {
				const look = (): void => {
					const match = pattern.exec(text);
					if (!match && !ended) return;
					waiting.delete(look);
					if (match) resolve(match[0]);
					else reject(new Error(`sshd ended before it logged ${pattern}:\n${text}`));
				};
				waiting.add(look);
				look();
			})
	};
}
