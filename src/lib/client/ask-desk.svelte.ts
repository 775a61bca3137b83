/**
 * What is asked of the person and can be answered in this page: all prompts, and signatures by a key that lies in this
 * browser. A signature that was allowed for good is given without showing anything.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { Ask } from '#lib/model/ask.ts';
import { problemOf } from './api.ts';
import { accountOf, signLogin } from './browser-key.ts';
import { browserKeys } from './browser-keys.svelte.ts';
import { notifyProblem } from './notify.ts';
import { personLine, type OpenAsk } from './person-line.svelte.ts';

export type SignatureAsk = Extract<Ask, { kind: 'signature' }>;
export type PromptsAsk = Extract<Ask, { kind: 'prompts' }>;

/** What becomes of a question for a signature here: `elsewhere`, the key is in another browser. */
type Place = 'here' | 'elsewhere';

class AskDesk {
	readonly #places = new SvelteMap<string, Place>();
	/** Workspaces whose questions a sign-in dialog of this page shows itself. */
	readonly #claimed = new SvelteMap<string, number>();

	/** Begin to sort what is asked; answers how to stop. */
	start(): () => void {
		const stops = [
			personLine.on('ask', ({ id, ask }) => {
				if (ask.kind === 'signature') void this.#sort(id, ask);
			}),
			personLine.on('ask-settled', ({ id }) => void this.#places.delete(id))
		];
		return () => {
			for (const stop of stops) stop();
			this.#places.clear();
		};
	}

	/** What nobody else on this page shows, oldest first. */
	get unclaimed(): OpenAsk[] {
		return personLine.asks.filter(
			(one) => this.#answerable(one) && !this.#claimed.has(one.ask.about.workspace)
		);
	}

	/** What is asked for one workspace and can be answered here. */
	of(workspace: string): OpenAsk | undefined {
		return personLine.asks.find((one) => one.ask.about.workspace === workspace && this.#answerable(one));
	}

	/** Whether another browser of the person is asked to sign for this workspace. */
	elsewhere(workspace: string): boolean {
		return personLine.asks.some(
			({ id, ask }) => ask.about.workspace === workspace && this.#places.get(id) === 'elsewhere'
		);
	}

	/** Show the questions of a workspace oneself, until the answer is called. */
	claim(workspace: string): () => void {
		this.#claimed.set(workspace, (this.#claimed.get(workspace) ?? 0) + 1);
		return () => {
			const left = (this.#claimed.get(workspace) ?? 1) - 1;
			if (left > 0) this.#claimed.set(workspace, left);
			else this.#claimed.delete(workspace);
		};
	}

	/** Sign; `always`: and do not ask again for this account in this browser. */
	async allow(id: string, ask: SignatureAsk, always = false): Promise<void> {
		try {
			const key = await browserKeys.find(ask.key);
			if (!key) return this.refuse(id);
			const signature = await signLogin(key, ask);
			if (always) await browserKeys.allow(ask.key, accountOf(ask.about));
			personLine.answer(id, { kind: 'signature', signature });
		} catch (error) {
			this.refuse(id);
			notifyProblem(problemOf(error));
		}
	}

	refuse(id: string): void {
		personLine.answer(id, { kind: 'refused' });
	}

	#answerable({ id, ask }: OpenAsk): boolean {
		return ask.kind === 'prompts' || this.#places.get(id) === 'here';
	}

	async #sort(id: string, ask: SignatureAsk): Promise<void> {
		const key = await browserKeys.find(ask.key);
		if (key && browserKeys.mayUnasked(ask.key, accountOf(ask.about))) await this.allow(id, ask);
		else this.#places.set(id, key ? 'here' : 'elsewhere');
	}
}

export const askDesk = new AskDesk();
