import * as Y from 'yjs';
import type { CellId } from '#lib/model/ids.ts';
import {
	cellIds,
	cellsOf,
	metaOf,
	readCell,
	readMetadata,
	readTitle,
	sourceOf
} from '#lib/model/notebook-doc.ts';
import { CellView } from './cell-view.svelte.ts';

/**
 * The notebook document as plain snapshots for components: the order of cells, and one view per cell. Text events are
 * passed over, so typing redraws nothing.
 */
export class NotebookView {
	order = $state.raw<CellId[]>([]);
	title = $state('');
	/** Language of the code cells, as the notebook's metadata says. */
	language = $state('python');

	readonly doc: Y.Doc;
	readonly #cells = new Map<CellId, CellView>();

	constructor(doc: Y.Doc) {
		this.doc = doc;
		cellsOf(doc).observeDeep(this.#cellsChanged);
		metaOf(doc).observeDeep(this.#metaChanged);
		this.#readOrder();
		this.#metaChanged();
	}

	/** The view of a cell of `order`. */
	cell(id: CellId): CellView {
		const known = this.#cells.get(id);
		if (known) return known;
		const view = new CellView(id, sourceOf(cellsOf(this.doc).get(id))!);
		this.#fill(view);
		this.#cells.set(id, view);
		return view;
	}

	close(): void {
		cellsOf(this.doc).unobserveDeep(this.#cellsChanged);
		metaOf(this.doc).unobserveDeep(this.#metaChanged);
	}

	#cellsChanged = (events: Y.YEvent<Y.AbstractType<unknown>>[]): void => {
		let reorder = false;
		const dirty = new Set<CellId>();
		for (const event of events) {
			if (event.target instanceof Y.Text) continue;
			if (event.path.length === 0) {
				reorder = true;
				for (const id of event.changes.keys.keys()) dirty.add(id);
				continue;
			}
			dirty.add(String(event.path[0]));
			if (event.path.length === 1 && event.changes.keys.has('order')) reorder = true;
		}
		for (const id of dirty) {
			const view = this.#cells.get(id);
			if (view) this.#fill(view);
		}
		if (reorder) this.#readOrder();
	};

	#metaChanged = (): void => {
		this.title = readTitle(this.doc);
		const metadata = readMetadata(this.doc);
		const info = metadata.language_info;
		const name = typeof info === 'object' && info !== null && !Array.isArray(info) ? info.name : undefined;
		this.language = typeof name === 'string' ? name : 'python';
	};

	#readOrder(): void {
		const order = cellIds(this.doc);
		const present = new Set(order);
		for (const id of this.#cells.keys()) if (!present.has(id)) this.#cells.delete(id);
		if (order.length !== this.order.length || order.some((id, i) => id !== this.order[i])) this.order = order;
	}

	#fill(view: CellView): void {
		const cell = readCell(this.doc, view.id);
		const text = sourceOf(cellsOf(this.doc).get(view.id));
		if (!cell || !text) return;
		view.type = cell.type;
		view.metadata = cell.metadata;
		view.attachments = cell.attachments;
		if (view.text !== text) view.text = text;
	}
}
