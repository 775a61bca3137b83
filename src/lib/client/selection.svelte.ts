import { tick } from 'svelte';
import type { EditorView } from '@codemirror/view';
import type { CellId } from '#lib/model/ids.ts';

/** What a cell on the page offers to those who move between cells. */
export interface CellHandle {
	/** Put the focus on the cell itself (command mode). */
	focus(): void;
	/** Make the editor if needed and put the caret into it, at one end or where it was. */
	edit(at?: 'start' | 'end' | number): void;
	/** The living editor, if there is one. */
	editor(): EditorView | null;
}

const NONE: ReadonlySet<CellId> = new Set();

/**
 * Which cell one is at, and whether keys go to the cell (command mode) or into its text (edit mode), as in Jupyter.
 * The browser's focus is the truth; this follows it and can move it. Several cells may be selected at once: a range
 * from where it began (the anchor) to the cell one is at.
 */
export class Selection {
	cell = $state<CellId | null>(null);
	mode = $state<'command' | 'edit'>('command');
	/** The cells selected together; empty while it is only the one that one is at. */
	several = $state.raw<ReadonlySet<CellId>>(NONE);
	readonly #handles = new Map<CellId, CellHandle>();
	#anchor: CellId | null = null;

	register(id: CellId, handle: CellHandle): () => void {
		this.#handles.set(id, handle);
		return () => {
			if (this.#handles.get(id) === handle) this.#handles.delete(id);
		};
	}

	handle(id: CellId | null): CellHandle | undefined {
		return id === null ? undefined : this.#handles.get(id);
	}

	/** The focus went there by itself (click, Tab). Outside of the selected cells, or into a text, it ends the selection. */
	entered(id: CellId, mode: 'command' | 'edit'): void {
		if (mode === 'edit' || !this.several.has(id)) this.single();
		this.cell = id;
		this.mode = mode;
	}

	async select(id: CellId): Promise<void> {
		this.single();
		this.entered(id, 'command');
		await tick();
		this.#handles.get(id)?.focus();
	}

	async edit(id: CellId, at?: 'start' | 'end' | number): Promise<void> {
		this.entered(id, 'edit');
		await tick();
		this.#handles.get(id)?.edit(at);
	}

	/** Let the selection reach to the next or previous cell of `order`; returns how many are selected. */
	extend(order: readonly CellId[], by: -1 | 1): number {
		const at = this.cell === null ? -1 : order.indexOf(this.cell);
		const head = order[at + by];
		if (at < 0 || head === undefined) return this.several.size;
		if (this.#anchor === null || !order.includes(this.#anchor)) this.#anchor = this.cell;
		return this.#reach(order, order.indexOf(this.#anchor!), at + by);
	}

	/** Select every cell of `order`; the focus stays. */
	all(order: readonly CellId[]): number {
		this.#anchor = order[0] ?? null;
		this.several = new Set(order.length > 1 ? order : []);
		return this.several.size;
	}

	/** Give the focus back to a cell whose element was moved or made anew; what is selected stays. */
	refocus(id: CellId): void {
		void tick().then(() => this.#handles.get(id)?.focus());
	}

	/** Only the cell one is at is selected. */
	single(): void {
		this.#anchor = null;
		if (this.several.size > 0) this.several = NONE;
	}

	/** The selected cells in the order of the notebook: all of the selection when `id` is part of it, else that one. */
	with(id: CellId, order: readonly CellId[]): CellId[] {
		return this.several.has(id) ? order.filter((one) => this.several.has(one)) : [id];
	}

	#reach(order: readonly CellId[], anchor: number, head: number): number {
		const range = order.slice(Math.min(anchor, head), Math.max(anchor, head) + 1);
		this.several = range.length > 1 ? new Set(range) : NONE;
		this.cell = order[head]!;
		this.mode = 'command';
		this.refocus(order[head]!);
		return range.length;
	}
}
