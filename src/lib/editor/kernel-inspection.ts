/**
 * What the kernel knows about the thing at the caret, in a tooltip: Shift-Tab shows signature and documentation, again
 * in the same place the source; a bracket typed behind a name shows how it is called while one writes the call.
 */
import { StateEffect, StateField, type EditorState, type Extension, type Text } from '@codemirror/state';
import {
	EditorView,
	keymap,
	showTooltip,
	ViewPlugin,
	type Tooltip,
	type TooltipView,
	type ViewUpdate
} from '@codemirror/view';
import { toCodePoints } from './kernel-offsets.ts';
import type { KernelTalk } from './kernel-talk.ts';

/** A call longer than this is not followed. */
const CALL_CHARS = 5000;
const SIGNATURE_CHARS = 240;

/** What is shown: all about a place, or the signature of the call that begins there. */
interface Shown {
	kind: 'all' | 'signature';
	pos: number;
	detail: 0 | 1;
	text: string;
	tooltip: Tooltip;
}

const show = StateEffect.define<Shown | null>();

export function kernelInspection(talk: KernelTalk): Extension {
	const shown = StateField.define<Shown | null>({
		create: () => null,
		update(value, transaction) {
			for (const effect of transaction.effects) if (effect.is(show)) return effect.value;
			if (!value || (!transaction.docChanged && !transaction.selection)) return value;
			const pos = transaction.changes.mapPos(value.pos, -1);
			if (
				!stays(
					value,
					pos,
					transaction.state,
					transaction.isUserEvent('input') || transaction.isUserEvent('delete')
				)
			)
				return null;
			return pos === value.pos ? value : { ...value, pos, tooltip: { ...value.tooltip, pos } };
		},
		provide: (field) => showTooltip.from(field, (value) => value?.tooltip ?? null)
	});

	/** A question whose answer is still wanted. */
	let asked = 0;

	async function ask(view: EditorView, kind: Shown['kind'], detail: 0 | 1): Promise<void> {
		const number = ++asked;
		const { doc, selection } = view.state;
		const pos = selection.main.head;
		const said = kind === 'all' ? reason(talk.asks()) : null;
		const text = said ?? (await inspect(talk, doc.toString(), pos, detail));
		// Meanwhile the person went on.
		if (number !== asked || !view.dom.isConnected) return;
		if (kind === 'all' && (view.state.doc !== doc || view.state.selection.main.head !== pos)) return;
		if (kind === 'signature') {
			const line = text === null ? null : signatureOf(text);
			if (line === null || !inCall(view.state.doc, pos, view.state.selection.main.head)) return;
			return put(view, { kind, pos, detail, text: line });
		}
		put(view, { kind, pos, detail, text: text ?? 'The kernel knows nothing about this.' });
	}

	function put(view: EditorView, what: Omit<Shown, 'tooltip'>): void {
		const tooltip: Tooltip = {
			pos: what.pos,
			above: true,
			arrow: false,
			create: (owner) => draw(owner, what, talk, () => close(owner))
		};
		view.dispatch({ effects: show.of({ ...what, tooltip }) });
	}

	function close(view: EditorView): boolean {
		asked++;
		if (!view.state.field(shown)) return false;
		const inside = panelOf(view)?.contains(document.activeElement) === true;
		view.dispatch({ effects: show.of(null) });
		if (inside) view.focus();
		return true;
	}

	/** First all about it, then its source, then the way into the tooltip. */
	function more(view: EditorView): boolean {
		const { main } = view.state.selection;
		const line = view.state.doc.lineAt(main.head);
		// At the start of a line, and with several, Shift-Tab moves code to the left.
		if (!main.empty || line.text.slice(0, main.head - line.from).trim() === '') return false;
		if (talk.asks() === 'no') return false;
		const now = view.state.field(shown);
		const again = now?.kind === 'all' && now.pos === main.head;
		if (again && now.detail === 1) panelOf(view)?.focus();
		else void ask(view, 'all', again ? 1 : 0);
		return true;
	}

	const calls = ViewPlugin.define((view) => ({
		update(update: ViewUpdate): void {
			if (!update.docChanged || !update.transactions.some((one) => one.isUserEvent('input.type'))) return;
			const head = update.state.selection.main.head;
			const opened =
				update.state.sliceDoc(head - 1, head) === '(' &&
				/[\p{L}\p{N}_]$/u.test(update.state.sliceDoc(Math.max(0, head - 2), head - 1));
			// Not within the update: what is asked may be answered at once.
			if (opened && head > 1 && talk.asks() === 'yes') queueMicrotask(() => void ask(view, 'signature', 0));
		}
	}));

	return [
		shown,
		calls,
		keymap.of([
			{ key: 'Shift-Tab', run: more },
			{ key: 'Escape', run: close },
			{ key: 'PageDown', run: (view) => scroll(view, 1) },
			{ key: 'PageUp', run: (view) => scroll(view, -1) }
		]),
		EditorView.domEventHandlers({
			blur: (event, view) => {
				if (!panelOf(view)?.contains(event.relatedTarget as Node | null)) setTimeout(() => close(view), 10);
			}
		})
	];
}

/** Whether what is shown still belongs to where the caret is. */
function stays(shown: Shown, pos: number, state: EditorState, typed: boolean): boolean {
	const head = state.selection.main.head;
	return shown.kind === 'signature' ? inCall(state.doc, pos, head) : !typed && head === pos;
}

/** Whether the bracket before `pos` is still open at `head`. Strings with brackets in them may deceive it. */
export function inCall(doc: Text, pos: number, head: number): boolean {
	if (head < pos || head - pos > CALL_CHARS || doc.sliceString(pos - 1, pos) !== '(') return false;
	let open = 1;
	for (const sign of doc.sliceString(pos, head)) {
		if ('([{'.includes(sign)) open++;
		else if (')]}'.includes(sign) && --open === 0) return false;
	}
	return true;
}

async function inspect(talk: KernelTalk, code: string, pos: number, detail: 0 | 1): Promise<string | null> {
	try {
		const cursor = toCodePoints(code, pos);
		const { inspection } = await talk.send({ do: 'inspect', code, cursor, detail });
		const plain = inspection?.['text/plain'];
		return typeof plain === 'string' ? plain : null;
	} catch {
		return null;
	}
}

function reason(asks: ReturnType<KernelTalk['asks']>): string | null {
	if (asks === 'none') return 'No kernel is running. Run a cell to start one.';
	return asks === 'busy' ? 'The kernel is running a cell and answers after that.' : null;
}

/** How it is called, in one line, from what IPython and our plain kernel write; null when it is not said. */
export function signatureOf(text: string): string | null {
	const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
	const found = /^(?:Init s|S|Call s)ignature:\s*([\s\S]*?)(?=^[A-Z][A-Za-z ]*:|$(?![\s\S]))/m.exec(
		plain
	)?.[1];
	const line = found?.replace(/\s+/g, ' ').replace(/\( /g, '(').replace(/,? \)/g, ')').trim();
	if (!line || !line.includes('(')) return null;
	return line.length > SIGNATURE_CHARS ? `${line.slice(0, SIGNATURE_CHARS - 1)}…` : line;
}

function draw(
	view: EditorView,
	what: Omit<Shown, 'tooltip'>,
	talk: KernelTalk,
	close: () => void
): TooltipView {
	const dom = document.createElement('div');
	dom.className = `cm-kernel-tooltip cm-kernel-${what.kind}`;
	const body = document.createElement('div');
	body.className = 'cm-kernel-text';
	dom.append(body);
	if (what.kind === 'signature') {
		body.textContent = what.text;
		body.setAttribute('role', 'status');
		return { dom };
	}
	body.tabIndex = 0;
	body.setAttribute('role', 'region');
	body.setAttribute('aria-label', 'What the kernel knows about this');
	const undraw = talk.draw(body, what.text);
	const hint = document.createElement('div');
	hint.className = 'cm-kernel-hint';
	hint.textContent =
		what.detail === 0
			? 'Shift-Tab: source · Page keys: scroll · Esc: close'
			: 'Shift-Tab: into this text · Esc: close';
	dom.append(hint);
	dom.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape' && !(event.key === 'Tab' && event.shiftKey)) return;
		event.preventDefault();
		event.stopPropagation();
		if (event.key === 'Escape') close();
		else view.focus();
	});
	dom.addEventListener('focusout', (event) => {
		const next = event.relatedTarget as Node | null;
		if (!dom.contains(next) && !view.dom.contains(next)) setTimeout(close, 10);
	});
	return { dom, destroy: undraw };
}

/** The text of the open tooltip; it is drawn outside of the editor, for cells cut off what hangs over. */
function panelOf(view: EditorView): HTMLElement | null {
	const panels = view.dom.ownerDocument.querySelectorAll<HTMLElement>('.cm-kernel-all .cm-kernel-text');
	return view.hasFocus || panels.length === 1 ? (panels[0] ?? null) : null;
}

function scroll(view: EditorView, by: 1 | -1): boolean {
	const panel = panelOf(view);
	if (!panel || panel.scrollHeight <= panel.clientHeight) return false;
	panel.scrollBy({ top: by * panel.clientHeight * 0.9 });
	return true;
}
