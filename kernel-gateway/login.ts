import type { ParsedKey } from 'ssh2';
import type { Problem } from '#lib/model/problem.ts';
import type { Credential } from '#lib/model/workspace.ts';
import { BrowserKey } from './browser-key.ts';
import { accountOf, type Hop } from './hops.ts';
import { readPrivateKey } from './private-key.ts';

/** A text that is overwritten when it is not needed any more, and that shows itself to no log. */
export class Secret {
	#bytes: Buffer;

	constructor(text: string) {
		this.#bytes = Buffer.from(text, 'utf8');
	}

	/** The bytes themselves: what is wiped later must not be kept elsewhere. */
	get bytes(): Buffer {
		return this.#bytes;
	}

	wipe(): void {
		this.#bytes.fill(0);
		this.#bytes = Buffer.alloc(0);
	}
}

/** What logs in, ready to be used: a key is already decrypted, so that a reconnect costs nothing. */
export type Login =
	| { kind: 'password'; password: Secret }
	| { kind: 'key'; key: ParsedKey }
	| { kind: 'interactive' }
	| { kind: 'browser-key'; key: BrowserKey }
	| { kind: 'agent' };

/** Makes a credential ready, or says what is wrong with it. */
export function readLogin(credential: Credential): { login: Login } | { problem: Problem } {
	switch (credential.kind) {
		case 'password':
			return { login: { kind: 'password', password: new Secret(credential.password) } };
		case 'key': {
			const read = readPrivateKey(credential.privateKey, credential.passphrase);
			return 'key' in read ? { login: { kind: 'key', key: read.key } } : read;
		}
		case 'browser-key': {
			const read = BrowserKey.read(credential.publicKey);
			return 'key' in read ? { login: { kind: 'browser-key', key: read.key } } : read;
		}
		default:
			return { login: { kind: credential.kind } };
	}
}

/** All that is at hand for one account: several proofs where the machine wants several. The newest comes first. */
export class AccountLogins {
	#logins: Login[] = [];

	get all(): readonly Login[] {
		return this.#logins;
	}

	add(login: Login): void {
		this.#remove(({ kind }) => kind === login.kind);
		// whoever wants to see the questions does not want one of them answered with an older password, and the other way round
		if (login.kind === 'interactive') this.#remove(({ kind }) => kind === 'password');
		if (login.kind === 'password') this.#remove(({ kind }) => kind === 'interactive');
		this.#logins.unshift(login);
	}

	/** It was refused. */
	drop(login: Login): void {
		this.#remove((other) => other === login);
	}

	/** Forgets what is secret, or is not the person's own doing; the way to ask them again stays. */
	forget(): void {
		this.#remove(({ kind }) => kind !== 'interactive' && kind !== 'browser-key');
	}

	wipe(): void {
		this.#remove(() => true);
	}

	#remove(which: (login: Login) => boolean): void {
		for (const login of this.#logins.filter(which)) if (login.kind === 'password') login.password.wipe();
		this.#logins = this.#logins.filter((login) => !which(login));
	}
}

/** What is at hand for the accounts on one way. */
export class Logins {
	#accounts = new Map<string, AccountLogins>();

	/** For this hop; the same object until it is wiped. */
	of(hop: Hop): AccountLogins {
		const account = accountOf(hop);
		let found = this.#accounts.get(account);
		if (!found) this.#accounts.set(account, (found = new AccountLogins()));
		return found;
	}

	/** Another way is taken: what belongs to none of its accounts goes. */
	keepOnly(hops: readonly Hop[]): void {
		const kept = new Set(hops.map(accountOf));
		for (const [account, logins] of this.#accounts) {
			if (kept.has(account)) continue;
			logins.wipe();
			this.#accounts.delete(account);
		}
	}

	forget(): void {
		for (const logins of this.#accounts.values()) logins.forget();
	}

	wipe(): void {
		for (const logins of this.#accounts.values()) logins.wipe();
		this.#accounts.clear();
	}
}
