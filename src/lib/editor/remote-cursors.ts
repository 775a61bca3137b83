/**
 * Where the others are in this text: their caret with a name, their selection. In place of y-codemirror's plugin,
 * because people's colours are tokens (they change with light and dark) and because that one redraws every editor of
 * the page whenever anybody's cursor moves.
 */
import { Annotation, RangeSet, type Range, type Text } from '@codemirror/state';
import {
	Decoration,
	EditorView,
	ViewPlugin,
	WidgetType,
	type DecorationSet,
	type ViewUpdate
} from '@codemirror/view';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

/** One's own cursor is told at most this often. */
const TELL_MS = 50;
/** How long a name stands at a caret that moved. */
const NAMED_MS = 2500;
const redraw = Annotation.define<true>();

interface Remote {
	client: number;
	anchor: number;
	head: number;
	name: string;
	color: number;
}

export function remoteCursors(text: Y.Text, awareness: Awareness) {
	return ViewPlugin.define((view) => new RemoteCursors(view, text, awareness), {
		decorations: (plugin) => plugin.decorations
	});
}

class RemoteCursors {
	decorations: DecorationSet = RangeSet.empty;
	readonly #view: EditorView;
	readonly #text: Y.Text;
	readonly #awareness: Awareness;
	#shown = new Set<number>();
	#telling: ReturnType<typeof setTimeout> | undefined;
	#told = false;

	constructor(view: EditorView, text: Y.Text, awareness: Awareness) {
		this.#view = view;
		this.#text = text;
		this.#awareness = awareness;
		awareness.on('change', this.#changed);
		this.#draw(view.state.doc);
	}

	update(update: ViewUpdate): void {
		if (update.selectionSet || update.docChanged || update.focusChanged) {
			if (this.#view.hasFocus || this.#told) this.#telling ??= setTimeout(() => this.#tell(), TELL_MS);
		}
		const asked = update.transactions.some((transaction) => transaction.annotation(redraw));
		if (asked || (update.docChanged && this.#shown.size > 0)) this.#draw(update.state.doc);
	}

	destroy(): void {
		clearTimeout(this.#telling);
		this.#awareness.off('change', this.#changed);
		if (this.#told) this.#awareness.setLocalStateField('cursor', null);
	}

	#tell(): void {
		this.#telling = undefined;
		// Not `hasFocus`: who only looks at another window is still here, and where they were.
		if (this.#view.root.activeElement === this.#view.contentDOM) {
			const { anchor, head } = this.#view.state.selection.main;
			this.#told = true;
			this.#awareness.setLocalStateField('cursor', {
				anchor: Y.createRelativePositionFromTypeIndex(this.#text, anchor),
				head: Y.createRelativePositionFromTypeIndex(this.#text, head)
			});
		} else if (this.#told) {
			this.#told = false;
			this.#awareness.setLocalStateField('cursor', null);
		}
	}

	#changed = ({
		added,
		updated,
		removed
	}: {
		added: number[];
		updated: number[];
		removed: number[];
	}): void => {
		const concerns = [...added, ...updated, ...removed].some(
			(client) =>
				client !== this.#awareness.clientID && (this.#shown.has(client) || this.#remote(client) !== null)
		);
		if (concerns) this.#view.dispatch({ annotations: redraw.of(true) });
	};

	#remote(client: number): Remote | null {
		const state = this.#awareness.getStates().get(client);
		const cursor = state?.cursor as { anchor?: unknown; head?: unknown } | null | undefined;
		const user = state?.user as { name?: unknown; color?: unknown } | undefined;
		if (!cursor?.anchor || !cursor.head || typeof user?.name !== 'string') return null;
		const anchor = this.#index(cursor.anchor);
		const head = this.#index(cursor.head);
		if (anchor === null || head === null) return null;
		return { client, anchor, head, name: user.name, color: typeof user.color === 'number' ? user.color : 1 };
	}

	#index(json: unknown): number | null {
		try {
			const position = Y.createAbsolutePositionFromRelativePosition(
				Y.createRelativePositionFromJSON(json),
				this.#text.doc!
			);
			return position?.type === this.#text ? position.index : null;
		} catch {
			// Another client wrote it; anything may be in there.
			return null;
		}
	}

	#draw(doc: Text): void {
		const { length } = doc;
		const firstLineEnd = doc.line(1).to;
		const ranges: Range<Decoration>[] = [];
		this.#shown = new Set();
		for (const client of this.#awareness.getStates().keys()) {
			if (client === this.#awareness.clientID) continue;
			const remote = this.#remote(client);
			if (!remote) continue;
			this.#shown.add(client);
			const color = `var(--who-${Math.min(8, Math.max(1, Math.trunc(remote.color)))})`;
			const [from, to] = [
				Math.min(remote.anchor, remote.head),
				Math.min(Math.max(remote.anchor, remote.head), length)
			];
			if (from < to) {
				const style = `background-color: color-mix(in srgb, ${color} 22%, transparent)`;
				ranges.push(Decoration.mark({ attributes: { style } }).range(from, to));
			}
			const widget = new Caret(remote.name, color, remote.head, remote.head <= firstLineEnd);
			const caret = Decoration.widget({ widget, side: 1 });
			ranges.push(caret.range(Math.min(remote.head, length)));
		}
		this.decorations = Decoration.set(ranges, true);
	}
}

class Caret extends WidgetType {
	readonly name: string;
	readonly color: string;
	readonly head: number;
	/** In the first line there is no room above. */
	readonly first: boolean;

	constructor(name: string, color: string, head: number, first: boolean) {
		super();
		this.name = name;
		this.color = color;
		this.head = head;
		this.first = first;
	}

	override eq(other: Caret): boolean {
		// A caret that moved is made anew, which shows its name again for a moment.
		return (
			other.name === this.name &&
			other.color === this.color &&
			other.head === this.head &&
			other.first === this.first
		);
	}

	override toDOM(): HTMLElement {
		const caret = document.createElement('span');
		// By a timer, not by an animation: while one runs the browser draws frame after frame, and every letter that
		// arrives waits for the next of them.
		caret.className = `cm-other-caret cm-named${this.first ? ' cm-beside' : ''}`;
		setTimeout(() => caret.classList.remove('cm-named'), NAMED_MS);
		caret.style.setProperty('--who', this.color);
		caret.setAttribute('aria-hidden', 'true');
		// Drawn from an attribute: the name is no part of the text, for those who read or copy it.
		caret.dataset.name = this.name;
		return caret;
	}

	override ignoreEvent(): boolean {
		return true;
	}
}
