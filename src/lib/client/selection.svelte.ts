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

/**
 * Which cell one is at, and whether keys go to the cell (command mode) or into its text (edit mode), as in Jupyter.
 * The browser's focus is the truth; this follows it and can move it.
 */
export class Selection {
	cell = $state<CellId | null>(null);
	mode = $state<'command' | 'edit'>('command');
	readonly #handles = new Map<CellId, CellHandle>();

	register(id: CellId, handle: CellHandle): () => void {
		this.#handles.set(id, handle);
		return () => {
			if (this.#handles.get(id) === handle) this.#handles.delete(id);
		};
	}

	handle(id: CellId | null): CellHandle | undefined {
		return id === null ? undefined : this.#handles.get(id);
	}

	/** The focus went there by itself (click, Tab). */
	entered(id: CellId, mode: 'command' | 'edit'): void {
		this.cell = id;
		this.mode = mode;
	}

	async select(id: CellId): Promise<void> {
		this.entered(id, 'command');
		await tick();
		this.#handles.get(id)?.focus();
	}

	async edit(id: CellId, at?: 'start' | 'end' | number): Promise<void> {
		this.entered(id, 'edit');
		await tick();
		this.#handles.get(id)?.edit(at);
	}
}
