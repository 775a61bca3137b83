import { commandsFor } from './command-keys.ts';
import { execute, type NotebookCommand } from './command-registry.ts';
import { isMac, KeyMatcher, pressName } from './keys.ts';
import type { NotebookSession } from './session.svelte.ts';

/**
 * The keys of the page. Listens before the editors do, so that Shift-Enter runs instead of breaking a line. Single
 * letters act only while a cell itself has the focus: never in a field, a menu or a dialog.
 */
export function listenToKeys(session: NotebookSession): () => void {
	const matcher = new KeyMatcher<NotebookCommand>(() => commandsFor(session.preferences.values));
	const mac = isMac();
	const onKey = (event: KeyboardEvent) => {
		if (event.isComposing || event.defaultPrevented) return;
		const place = placeOf(event.target);
		if (place === 'elsewhere') return;
		const name = pressName(event, mac);
		const found = matcher.press(
			name,
			performance.now(),
			(command) => applies(command, place) && command.available(session)
		);
		if (found === null) return;
		if (found === 'pending') {
			// The first half of a sequence still does what it does alone in the text (Ctrl-M leaves it).
			return;
		}
		if (found.id === 'leave' && suggesting(event.target)) return;
		event.preventDefault();
		event.stopPropagation();
		execute(session, found);
	};
	window.addEventListener('keydown', onKey, { capture: true });
	return () => window.removeEventListener('keydown', onKey, { capture: true });
}

const HARMLESS = new Set(['edit', 'next', 'previous', 'copy']);

type Place = 'cell' | 'text' | 'control' | 'page' | 'elsewhere';

function placeOf(target: EventTarget | null): Place {
	if (!(target instanceof Element)) return 'page';
	if (target.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]'))
		return 'elsewhere';
	if (target.closest('.cm-content')) return 'text';
	if (target.matches('[data-testid="cell"]')) return 'cell';
	if (target.matches('input, textarea, select, [contenteditable="true"]')) return 'control';
	if (target.matches('body, main')) return 'page';
	return 'control';
}

function applies(command: NotebookCommand, place: Place): boolean {
	switch (command.mode) {
		case 'any':
			return true;
		case 'both':
			return place !== 'control';
		case 'edit':
			return place === 'text';
		case 'command':
			// Where nothing has the focus, a letter may be typing that lost its place: it changes no cell.
			return place === 'cell' || (place === 'page' && (!command.cell || HARMLESS.has(command.id)));
	}
}

/** True while the editor shows suggestions or documentation, which Escape closes first. */
function suggesting(target: EventTarget | null): boolean {
	return (
		target instanceof Element &&
		target.closest('.cm-editor') !== null &&
		// They hang in the body, beside the editors.
		document.querySelector('.cm-tooltip-autocomplete, .cm-kernel-tooltip') !== null
	);
}
