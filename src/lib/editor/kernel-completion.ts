/**
 * Completion from the living kernel: what an object has is known there and nowhere else. Where no kernel can be asked,
 * words of the notebook's own code. CodeMirror runs the source beside the typing, drops answers that come too late, and
 * narrows the list down while the word grows.
 */
import {
	acceptCompletion,
	autocompletion,
	closeCompletion,
	completionStatus,
	moveCompletionSelection,
	selectedCompletion,
	startCompletion,
	type Completion,
	type CompletionContext,
	type CompletionResult
} from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import { Prec, StateEffect, StateField, type EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import type { CommandResult } from '#lib/model/room-command.ts';
import { toCodePoints, toUtf16 } from './kernel-offsets.ts';
import type { KernelTalk } from './kernel-talk.ts';

/** How long an answer holds for a word that is typed anew; then the kernel may know more. */
const HOLDS_MS = 10_000;
/** Characters of code that are looked through for words. */
const WORDS_FROM = 300_000;
/** The room sends no more than this: a list of that length may not be all. */
const WHOLE = 1000;

/** What asks by itself: a dot behind a name, or two letters of a word. */
const BEGUN = /(?:[\p{L}_][\p{L}\p{N}_]*|[)\]"'])\.$|(?:^|[^\p{L}\p{N}_])[\p{L}_][\p{L}\p{N}_]+$/u;
/** Where Tab means “complete”: behind a word, a dot, a magic's sign, a path, an opened key. */
const AT_WORD = /(?:[\p{L}\p{N}_.%/]|\[["'])$/u;
const WORD = /^%{0,2}[\p{L}\p{N}_]*$/u;

/** Types of IPython's jedi, of magics and of files as CodeMirror's icons. */
const ICONS: Record<string, string> = {
	instance: 'variable',
	statement: 'variable',
	param: 'variable',
	module: 'namespace',
	magic: 'keyword',
	'dict key': 'property',
	path: 'text'
};

type Answer = NonNullable<CommandResult['completions']>;

export function kernelCompletion(talk: KernelTalk): Extension {
	const cache = new AnswerCache();
	return [
		autocompletion({
			override: [(context) => complete(context, talk, cache)],
			defaultKeymap: false,
			activateOnTypingDelay: 60,
			interactionDelay: 0,
			maxRenderedOptions: 200,
			addToOptions: [{ render: typeWord, position: 90 }]
		}),
		interest,
		// An answer that is still on its way opens nothing where nobody writes any more.
		EditorView.domEventHandlers({
			blur: (_event, view) => void setTimeout(() => !view.hasFocus && closeCompletion(view), 10)
		}),
		Prec.highest(
			keymap.of([
				{ key: 'ArrowDown', run: moving(true) },
				{ key: 'ArrowUp', run: moving(false) },
				{ key: 'PageDown', run: moving(true, 'page') },
				{ key: 'PageUp', run: moving(false, 'page') },
				{ key: 'Escape', run: closeCompletion },
				{ key: 'Enter', run: enter },
				{ key: 'Tab', run: tab },
				{ key: 'Ctrl-Space', run: start }
			])
		)
	];
}

async function complete(
	context: CompletionContext,
	talk: KernelTalk,
	cache: AnswerCache
): Promise<CompletionResult | null> {
	const { state, pos, explicit } = context;
	const line = state.doc.lineAt(pos);
	if (!explicit && (!BEGUN.test(line.text.slice(0, pos - line.from)) || inProse(state, pos))) return null;
	if (talk.asks() !== 'yes') return words(line.text.slice(0, pos - line.from), pos, talk);
	const code = state.doc.toString();
	const known = cache.find(code, pos);
	if (known) return known;
	const answer = await ask(talk, code, pos);
	if (!answer) return null;
	const result = resultOf(answer, code, pos);
	cache.keep(code, pos, result);
	return result.options.length > 0 ? result : null;
}

async function ask(talk: KernelTalk, code: string, pos: number): Promise<Answer | null> {
	try {
		const { completions } = await talk.send({ do: 'complete', code, cursor: toCodePoints(code, pos) });
		return completions ?? null;
	} catch {
		// A suggestion that does not come is no fault: the connection says by itself when it is away.
		return null;
	}
}

/** The kernel's answer in CodeMirror's terms: without what stands before the word already (`os.path.` of `os.path.join`). */
export function resultOf(answer: Answer, code: string, pos: number): CompletionResult {
	let from = Math.min(toUtf16(code, answer.from), pos);
	const to = Math.max(toUtf16(code, answer.to), pos);
	const typed = code.slice(from, pos);
	const shared = typed.slice(0, Math.max(typed.lastIndexOf('.'), typed.lastIndexOf('/')) + 1);
	const cut =
		shared !== '' && answer.options.every(({ text }) => text.startsWith(shared)) ? shared.length : 0;
	from += cut;
	const result: CompletionResult = {
		from,
		to,
		options: answer.options.map(({ text, type }) => option(text.slice(cut), type))
	};
	if (answer.options.length < WHOLE) result.validFor = WORD;
	return result;
}

interface KernelOption extends Completion {
	/** The type in the kernel's word. */
	word?: string;
}

function option(label: string, type: string): KernelOption {
	// What is private comes last.
	const boost = label.startsWith('__') ? -20 : label.startsWith('_') ? -10 : 0;
	if (type === '' || type === '<unknown>') return { label, boost };
	return { label, boost, type: ICONS[type] ?? type, word: type };
}

/** The type in words beside the picture. */
function typeWord(completion: KernelOption): Node | null {
	if (!completion.word) return null;
	const element = document.createElement('span');
	element.className = 'cm-completion-word';
	element.textContent = completion.word;
	return element;
}

/** Words of the notebook's code that begin like the one that is being typed. */
function words(before: string, pos: number, talk: KernelTalk): CompletionResult | null {
	const typed = /[\p{L}_][\p{L}\p{N}_]*$/u.exec(before)?.[0];
	if (typed === undefined) return null;
	const found = new Set<string>();
	let left = WORDS_FROM;
	for (const source of talk.sources()) {
		for (const [word] of source.slice(0, left).matchAll(/[\p{L}_][\p{L}\p{N}_]+/gu)) found.add(word);
		left -= source.length;
		if (left <= 0) break;
	}
	found.delete(typed);
	const options = [...found].filter((word) => word.startsWith(typed[0]!)).map((label) => ({ label }));
	return options.length > 0 ? { from: pos - typed.length, options, validFor: WORD } : null;
}

/** A comment or a text: there nothing is suggested unasked. */
function inProse(state: EditorState, pos: number): boolean {
	return /Comment|^String$|FormatString|comment|string/.test(syntaxTree(state).resolveInner(pos, -1).name);
}

/** The last answer, for a word that is taken back and typed again, and for one that has no completion. */
class AnswerCache {
	#kept: { before: string; after: string; typed: string; until: number; result: CompletionResult } | null =
		null;

	find(code: string, pos: number): CompletionResult | null {
		const kept = this.#kept;
		if (!kept || kept.until < Date.now()) return null;
		const word = code.slice(kept.before.length, pos);
		const same =
			code.startsWith(kept.before) &&
			code.slice(pos) === kept.after &&
			word.startsWith(kept.typed) &&
			WORD.test(word);
		return same ? { ...kept.result, to: pos } : null;
	}

	keep(code: string, pos: number, result: CompletionResult): void {
		const { from, to } = result;
		// Only what grows at its end, and may not have been cut short.
		const simple = (to ?? pos) === pos && result.validFor !== undefined;
		this.#kept = simple
			? {
					before: code.slice(0, from),
					after: code.slice(pos),
					typed: code.slice(from, pos),
					until: Date.now() + HOLDS_MS,
					result
				}
			: null;
	}
}

/** How the open list came about. */
interface Interest {
	/** Somebody chose in it, or typed on to narrow it down: only then Enter is meant for it. */
	chosen: boolean;
	/** Somebody asked for it. */
	asked: boolean;
	since: number;
}

const NO_INTEREST: Interest = { chosen: false, asked: false, since: 0 };
const moved = StateEffect.define<null>();
const asked = StateEffect.define<null>();
const interest = StateField.define<Interest>({
	create: () => NO_INTEREST,
	update(value, transaction) {
		if (transaction.effects.some((effect) => effect.is(asked))) return { ...value, asked: true };
		const status = completionStatus(transaction.state);
		if (status === null) return NO_INTEREST;
		if (status !== 'active') return value;
		if (value.since === 0) return { ...value, since: Date.now() };
		const chosen = transaction.effects.some((effect) => effect.is(moved)) || transaction.isUserEvent('input');
		return chosen && !value.chosen ? { ...value, chosen } : value;
	}
});

/** A list that opens by itself in the moment in which somebody presses Tab is not what they accept; one they narrowed down is. */
const SURPRISE_MS = 100;

function moving(forward: boolean, by?: 'page') {
	const move = moveCompletionSelection(forward, by);
	return (view: EditorView): boolean => {
		const did = move(view);
		if (did) view.dispatch({ effects: moved.of(null) });
		return did;
	};
}

function enter(view: EditorView): boolean {
	const chosen = selectedCompletion(view.state);
	if (!chosen || !view.state.field(interest).chosen) return false;
	const head = view.state.selection.main.head;
	// The word is whole already: Enter is a new line.
	const { label } = chosen;
	if (view.state.sliceDoc(Math.max(0, head - label.length), head) === label) {
		closeCompletion(view);
		return false;
	}
	return acceptCompletion(view);
}

/** Accept, or ask behind a word; elsewhere Tab indents. */
function tab(view: EditorView): boolean {
	const list = view.state.field(interest);
	const expected = list.asked || list.chosen || Date.now() - list.since > SURPRISE_MS;
	if (expected && acceptCompletion(view)) return true;
	const { main } = view.state.selection;
	if (!main.empty || view.state.readOnly) return false;
	const line = view.state.doc.lineAt(main.head);
	const at = main.head - line.from;
	if (!AT_WORD.test(line.text.slice(0, at)) || /^[\p{L}\p{N}_]/u.test(line.text.slice(at))) return false;
	return start(view);
}

function start(view: EditorView): boolean {
	view.dispatch({ effects: asked.of(null) });
	return startCompletion(view);
}
