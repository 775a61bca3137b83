/**
 * What the person has arranged, in one scope: read with the page, changed here and sent, so that the next device finds
 * it. The newest change wins.
 */
import { getContext, setContext } from 'svelte';
import type { Preferences } from '#lib/model/preference.ts';

/** How long changes of what changes often are gathered. */
const GATHER_MS = 800;

export class PreferenceScope<T extends object> {
	#values = $state.raw<T>({} as T);
	#scope: string;
	#unsent = new Map<string, unknown>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** `values`: as the server gave them with the page. */
	constructor(scope: string, values: T) {
		this.#scope = scope;
		this.#values = values;
	}

	get values(): T {
		return this.#values;
	}

	/** Another person's, or read anew. What was not sent is dropped. */
	take(values: T): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#unsent.clear();
		this.#values = values;
	}

	/** Null takes the value away. The same value again sends nothing. `gather`: it changes often, send it in a while. */
	set<K extends keyof T & string>(name: K, value: T[K] | null, gather = false): void {
		if (JSON.stringify(this.#values[name] ?? null) === JSON.stringify(value)) return;
		const next = { ...this.#values };
		if (value === null) delete next[name];
		else next[name] = value;
		this.#values = next;
		this.#unsent.set(name, value);
		if (!gather) this.flush();
		else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
	}

	/** Sends what is not sent; for the moment in which the page goes away, too. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#unsent.size === 0) return;
		const values = Object.fromEntries(this.#unsent);
		this.#unsent.clear();
		fetch('/api/preferences', {
			method: 'PATCH',
			keepalive: true,
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ scope: this.#scope, values })
		}).then(
			// Signed out meanwhile, or refused: what was arranged holds on this page and is not worth a word.
			() => {},
			() => {
				// No network: tried again with the next change, where no newer value is there.
				for (const [name, value] of Object.entries(values))
					if (!this.#unsent.has(name)) this.#unsent.set(name, value);
			}
		);
	}

	/** Sends what is left when the page is hidden or left. Returns how to stop listening. */
	keep(): () => void {
		const hidden = () => document.visibilityState === 'hidden' && this.flush();
		const left = () => this.flush();
		document.addEventListener('visibilitychange', hidden);
		window.addEventListener('pagehide', left);
		return () => {
			document.removeEventListener('visibilitychange', hidden);
			window.removeEventListener('pagehide', left);
			this.flush();
		};
	}
}

const KEY = Symbol('preferences');

export function providePreferences(preferences: PreferenceScope<Preferences>): void {
	setContext(KEY, preferences);
}

/** What holds everywhere for the person; without anybody signed in it is kept by the page alone. */
export function usePreferences(): PreferenceScope<Preferences> {
	return getContext<PreferenceScope<Preferences>>(KEY) ?? new PreferenceScope<Preferences>('', {});
}
