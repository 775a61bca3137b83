/** A Kerberos realm of its own: a real KDC on loopback with a database in a temporary folder. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './sshd.ts';

const REALM = 'ANSATZ.TEST';

export interface Kdc {
	/** For programs that are to find this realm, the server's key table, and the account's ticket. */
	env: { KRB5_CONFIG: string; KRB5_KTNAME: string; KRB5CCNAME: string };
	/** Gets a ticket for the person, as `kinit` with their password does. */
	ticket(person: string): void;
	destroyTicket(): void;
	stop(): Promise<void>;
}

/** Starts a KDC that knows these people and the SSH server of `localhost`. */
export async function startKdc(people: string[]): Promise<Kdc> {
	const folder = mkdtempSync(path.join(tmpdir(), 'kdc-'));
	const port = await freePort();
	const file = (name: string, ...lines: string[]): string => {
		writeFileSync(path.join(folder, name), lines.join('\n') + '\n');
		return path.join(folder, name);
	};
	const env = {
		KRB5_CONFIG: file(
			'krb5.conf',
			...[
				'[libdefaults]',
				` default_realm = ${REALM}`,
				' dns_lookup_kdc = false',
				' dns_lookup_realm = false'
			],
			...[' dns_canonicalize_hostname = false', ' rdns = false', '[realms]', ` ${REALM} = {`],
			...[`  kdc = 127.0.0.1:${port}`, ' }', '[domain_realm]', ` localhost = ${REALM}`]
		),
		KRB5_KTNAME: `FILE:${folder}/keytab`,
		KRB5CCNAME: `FILE:${folder}/tickets`
	};
	const all = {
		...process.env,
		...env,
		KRB5_KDC_PROFILE: file(
			'kdc.conf',
			...['[kdcdefaults]', ` kdc_listen = 127.0.0.1:${port}`, ` kdc_tcp_listen = 127.0.0.1:${port}`],
			...[
				'[realms]',
				` ${REALM} = {`,
				`  database_name = ${folder}/principal`,
				`  key_stash_file = ${folder}/stash`
			],
			...[`  acl_file = ${folder}/acl`, ' }', '[logging]', ' kdc = STDERR']
		)
	};
	const call = (program: string, args: string[], input?: string): void =>
		void execFileSync(program, args, {
			env: all,
			stdio: ['pipe', 'pipe', 'pipe'],
			...(input ? { input } : {})
		});
	const admin = (command: string): void => call('/usr/sbin/kadmin.local', ['-r', REALM, '-q', command]);
	call('/usr/sbin/kdb5_util', ['create', '-r', REALM, '-s', '-P', 'a master password']);
	for (const person of people) admin(`addprinc -pw ${person}-password ${person}`);
	admin('addprinc -randkey host/localhost');
	admin(`ktadd -k ${folder}/keytab host/localhost`);
	const kdc = spawn('/usr/sbin/krb5kdc', ['-n'], { env: all, stdio: ['ignore', 'ignore', 'pipe'] });
	const gone = new Promise<void>((resolve) => kdc.once('close', () => resolve()));
	await new Promise<void>((resolve, reject) => {
		let said = '';
		kdc.stderr.setEncoding('utf8').on('data', (text: string) => {
			said += text;
			if (said.includes('commencing operation')) resolve();
		});
		void gone.then(() => reject(new Error(`the KDC ended:\n${said}`)));
	});
	return {
		env,
		ticket: (person) => call('kinit', [`${person}@${REALM}`], `${person}-password\n`),
		destroyTicket: () => call('kdestroy', []),
		async stop() {
			kdc.kill();
			await gone;
			rmSync(folder, { recursive: true });
		}
	};
}
