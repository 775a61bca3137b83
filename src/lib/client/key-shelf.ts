/**
 * Where the keys of this browser lie: IndexedDB, which keeps a CryptoKey as it is, so that a key that cannot be exported
 * never becomes bytes. Beside each key, for which accounts it may sign without being asked again.
 */
import type { KeyAlgorithm } from './ssh-wire.ts';

export interface BrowserKey {
	/** `SHA256:…`; names the key. */
	fingerprint: string;
	/** Whose it is: several people may use one browser. */
	person: string;
	algorithm: KeyAlgorithm;
	/** The key blob of the SSH protocol in base64. */
	publicKey: string;
	privateKey: CryptoKey;
	/** ISO 8601. */
	madeAt: string;
}

/** An account a key may sign in to without being asked. */
export interface Permission {
	fingerprint: string;
	/** `user@host:port`. */
	account: string;
	/** ISO 8601. */
	givenAt: string;
}

const DATABASE = 'ansatz-keys';

function whole<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error ?? new Error('The browser’s storage failed.'));
	});
}

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
	opened ??= (async () => {
		const request = indexedDB.open(DATABASE, 1);
		request.onupgradeneeded = () => {
			request.result.createObjectStore('keys', { keyPath: 'fingerprint' });
			request.result.createObjectStore('permissions', { keyPath: ['fingerprint', 'account'] });
		};
		const base = await whole(request);
		base.onclose = () => (opened = null);
		return base;
	})().catch((error: unknown) => {
		opened = null;
		throw error;
	});
	return opened;
}

async function store(name: 'keys' | 'permissions', mode: IDBTransactionMode): Promise<IDBObjectStore> {
	return (await database()).transaction(name, mode).objectStore(name);
}

export const keyShelf = {
	async keys(): Promise<BrowserKey[]> {
		return whole((await store('keys', 'readonly')).getAll() as IDBRequest<BrowserKey[]>);
	},
	async put(key: BrowserKey): Promise<void> {
		await whole((await store('keys', 'readwrite')).put(key));
	},
	/** The key and every permission given to it. */
	async remove(fingerprint: string): Promise<void> {
		await whole((await store('keys', 'readwrite')).delete(fingerprint));
		const all = IDBKeyRange.bound([fingerprint], [fingerprint, []]);
		await whole((await store('permissions', 'readwrite')).delete(all));
	},
	async permissions(): Promise<Permission[]> {
		return whole((await store('permissions', 'readonly')).getAll() as IDBRequest<Permission[]>);
	},
	async allow(permission: Permission): Promise<void> {
		await whole((await store('permissions', 'readwrite')).put(permission));
	},
	async revoke(fingerprint: string, account: string): Promise<void> {
		await whole((await store('permissions', 'readwrite')).delete([fingerprint, account]));
	}
};
