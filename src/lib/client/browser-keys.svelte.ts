/** The keys of the person's browsers: which the account knows, which of them lies in this one, and what it may do unasked. */
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { api } from './api.ts';
import { keyObstacle, makeBrowserKey } from './browser-key.ts';
import { keyShelf, type BrowserKey, type Permission } from './key-shelf.ts';

/** A key as `GET /api/browser-keys` lists it. */
export interface KeyListing {
	id: string;
	name: string;
	algorithm: BrowserKey['algorithm'];
	fingerprint: string;
	/** For `authorized_keys`. */
	line: string;
	createdAt: string;
	lastUsedAt: string | null;
}

/** A key of this browser that the account knows: it can sign in. */
export interface UsableKey {
	key: BrowserKey;
	listing: KeyListing;
}

const NO_STORAGE: Problem = {
	code: 'browser-keys-storage',
	title: 'This browser keeps nothing for this site.',
	detail:
		'A key of the browser lies in its storage (IndexedDB), which is switched off, as in some private windows.',
	remedy: 'Allow storage for this site, use an ordinary window, or sign in with a password or a private key.'
};

export class BrowserKeys {
	/** Keys of the person that lie in this browser; null while not looked for. */
	here = $state.raw<BrowserKey[] | null>(null);
	/** Keys the account knows, wherever they lie; null while not loaded. */
	registered = $state.raw<KeyListing[] | null>(null);
	permissions = $state.raw<Permission[]>([]);
	/** Why this browser can have no key; null when it can. */
	obstacle = $state.raw<Problem | null>(null);

	#person: string | null = null;

	/** Whose keys: called by the root layout. */
	setPerson(person: string | null): void {
		if (person === this.#person) return;
		this.#person = person;
		this.here = this.registered = null;
		this.permissions = [];
	}

	/** Look into this browser and ask the account. Rejects with ProblemError when the server does not answer. */
	async load(): Promise<void> {
		const [answer] = await Promise.all([
			api<{ keys: KeyListing[] }>('GET', '/api/browser-keys'),
			this.#look()
		]);
		this.registered = answer.keys;
	}

	/** The key that signs in from here; null when there is none (yet). */
	get usable(): UsableKey | null {
		for (const key of this.here ?? []) {
			const listing = this.registered?.find((one) => one.fingerprint === key.fingerprint);
			if (listing) return { key, listing };
		}
		return null;
	}

	/** Make a key here and tell the account. Rejects with ProblemError; then there is none. */
	async make(name: string): Promise<UsableKey> {
		const key = await makeBrowserKey(this.#person ?? '');
		try {
			await keyShelf.put(key);
		} catch (cause) {
			this.obstacle = NO_STORAGE;
			throw new ProblemError(0, NO_STORAGE, { cause });
		}
		// Kept when the disk is short; not every browser asks or grants it, and the key works without.
		void navigator.storage?.persist?.().catch(() => false);
		try {
			return { key, listing: await this.register(key, name) };
		} catch (error) {
			await keyShelf.remove(key.fingerprint);
			throw error;
		} finally {
			await this.#look();
		}
	}

	/** Tell the account of a key that lies here. */
	async register(key: BrowserKey, name: string): Promise<KeyListing> {
		const { algorithm, publicKey } = key;
		await api('POST', '/api/browser-keys', { name, algorithm, publicKey });
		await this.load();
		const listing = this.registered?.find((one) => one.fingerprint === key.fingerprint);
		if (listing) return listing;
		throw new ProblemError(0, {
			code: 'browser-key-missing',
			title: 'The key was made but is not in your account.',
			remedy: 'Make it again.'
		});
	}

	/** Forget a key: in the account, and here if it lies here. */
	async remove(fingerprint: string): Promise<void> {
		const listing = this.registered?.find((one) => one.fingerprint === fingerprint);
		if (listing) await api('DELETE', `/api/browser-keys/${listing.id}`);
		if (this.here?.some((key) => key.fingerprint === fingerprint)) await keyShelf.remove(fingerprint);
		await this.load();
	}

	/** The key with that fingerprint, if it lies here and is this person's. */
	async find(fingerprint: string): Promise<BrowserKey | null> {
		await this.#look();
		return this.here?.find((key) => key.fingerprint === fingerprint) ?? null;
	}

	mayUnasked(fingerprint: string, account: string): boolean {
		return this.permissions.some((one) => one.fingerprint === fingerprint && one.account === account);
	}

	/** Let the key sign in to that account (`user@host:port`) from here without asking again. */
	async allow(fingerprint: string, account: string): Promise<void> {
		await keyShelf.allow({ fingerprint, account, givenAt: new Date().toISOString() });
		await this.#look();
	}

	async revoke(fingerprint: string, account: string): Promise<void> {
		await keyShelf.revoke(fingerprint, account);
		await this.#look();
	}

	async #look(): Promise<void> {
		this.obstacle = keyObstacle();
		try {
			const [keys, permissions] = await Promise.all([keyShelf.keys(), keyShelf.permissions()]);
			this.here = keys.filter(({ person }) => person === this.#person);
			const own = new Set(this.here.map(({ fingerprint }) => fingerprint));
			this.permissions = permissions.filter(({ fingerprint }) => own.has(fingerprint));
		} catch {
			this.obstacle ??= NO_STORAGE;
			this.here = [];
			this.permissions = [];
		}
	}
}

export const browserKeys = new BrowserKeys();
