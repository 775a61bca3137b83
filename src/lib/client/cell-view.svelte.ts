import { createSubscriber } from 'svelte/reactivity';
import type * as Y from 'yjs';
import type { Cell, CellType } from '#lib/model/cell.ts';
import { digest } from '#lib/model/digest.ts';
import type { CellId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';

/** How long after the last key the digest of a source is computed again. */
const IDLE_MS = 400;

/**
 * One cell as components see it. The text itself belongs to the editor and is not reactive: a keystroke changes nothing
 * here. Two readers follow it at their own pace, and only while somebody looks: `source` (a rendered markdown cell) and
 * `digest` (whether a result is stale).
 */
export class CellView {
	readonly id: CellId;
	type = $state<CellType>('code');
	metadata = $state.raw<JsonObject>({});
	attachments = $state.raw<Cell['attachments']>(undefined);
	/** Another object after an undone deletion: editors bind to it anew. Raw, because proxies break Yjs' identity. */
	text: Y.Text = $state.raw()!;

	readonly #followText: () => void;
	readonly #followIdle: () => void;
	#digest: string | null = null;

	constructor(id: CellId, text: Y.Text) {
		this.id = id;
		this.text = text;
		this.#followText = createSubscriber((update) => this.#observe(update));
		this.#followIdle = createSubscriber((update) => {
			let timer: ReturnType<typeof setTimeout> | undefined;
			const stop = this.#observe(() => {
				clearTimeout(timer);
				timer = setTimeout(() => {
					this.#digest = null;
					update();
				}, IDLE_MS);
			});
			return () => {
				clearTimeout(timer);
				this.#digest = null;
				stop();
			};
		});
	}

	/** The text now; follows every change while a component reads it. */
	get source(): string {
		this.#followText();
		return this.text.toString();
	}

	/** Digest of the text, a moment after the last change. */
	get digest(): string {
		this.#followIdle();
		return (this.#digest ??= digest(this.text.toString()));
	}

	#observe(changed: () => void): () => void {
		const text = this.text;
		text.observe(changed);
		return () => text.unobserve(changed);
	}
}
