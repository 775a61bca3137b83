import type { NotebookConnection } from './connection.ts';
import { statusSentence, type ConnectionFacts, type StatusSentence } from './status-sentence.ts';

/** How long everything must have been acknowledged before the word changes back: no flicker, and no word per key. */
const SETTLE_MS = 300;

/**
 * The connection as the screen shows it. Worse news is shown at once, better news once it lasted: the word can say
 * *Saving…* a moment too long, never *Saved* a moment too early.
 */
export class ConnectionStatus {
	ready = $state(false);
	live = $state(false);
	sentence = $state.raw<StatusSentence>(statusSentence(NOTHING));
	ended = $state<ConnectionFacts['ended']>(null);

	readonly #connection: () => NotebookConnection | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(connection: () => NotebookConnection | undefined) {
		this.#connection = connection;
	}

	/** Something may have changed. Cheap: called for every acknowledged edit. */
	changed(): void {
		const facts = this.#connection() ?? NOTHING;
		if (facts.pending > 0 && this.sentence.kind === 'saving' && facts.live) return;
		const worse = (this.sentence.kind === 'saved' || !facts.live) && this.sentence.kind !== 'offline';
		// The first drawing waits for nothing.
		if (worse || facts.ready !== this.ready || facts.ended !== this.ended) this.#show();
		else this.#timer ??= setTimeout(() => this.#show(), SETTLE_MS);
	}

	/** True while closing the tab would lose something. */
	get unsaved(): boolean {
		return (this.#connection()?.pending ?? 0) > 0;
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	#show(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const facts = this.#connection() ?? NOTHING;
		this.ready = facts.ready;
		this.live = facts.live;
		this.ended = facts.ended;
		const next = statusSentence(facts);
		if (next.text !== this.sentence.text) this.sentence = next;
	}
}

const NOTHING: ConnectionFacts = {
	ready: false,
	live: false,
	pending: 0,
	readOnly: false,
	storageAway: false,
	ended: null
};
