/** A notebook as the person left it: panel, outline, the cell they were at and the place they had scrolled to. */
import type { NotebookPreferences } from '#lib/model/preference.ts';
import type { Panel, NotebookSession } from './session.svelte.ts';
import { goToPlace, onScrolled, readPlace, type ReadingPlace } from './reading-place.ts';

/** How many notebooks are remembered as opened last. */
const RECENT = 8;

/** Cells come to the page a few at a time: looked for once a frame, so many frames. */
function goWhenThere(place: ReadingPlace, frames: number): void {
	requestAnimationFrame(() => goToPlace(place) || (frames > 0 && goWhenThere(place, frames - 1)));
}

/** Restores it when the cells are there and follows it from then on. Called while the page is set up. */
export function restoreArrangement(session: NotebookSession): void {
	const { arranged, preferences } = session;
	const before: NotebookPreferences = arranged.values;
	const wide = typeof window === 'undefined' || window.matchMedia('(min-width: 1101px)').matches;
	// On a narrow screen a panel lies over the text, which one came to read.
	if (wide && before.panel) session.panel = before.panel as Panel;
	if (wide && before.outline) session.outline = true;

	let restored = false;
	$effect(() => {
		if (restored || !session.status.ready) return;
		restored = true;
		const { selected, place } = before;
		if (selected && session.notebook.order.includes(selected)) session.selection.cell = selected;
		// An address that names a place has the last word.
		if (place && location.hash === '') goWhenThere(place, 60);
		preferences.set(
			'recent',
			[session.id, ...(preferences.values.recent ?? []).filter((id) => id !== session.id)].slice(0, RECENT)
		);
	});

	$effect(() => {
		const { panel, outline } = session;
		const { cell } = session.selection;
		if (!restored) return;
		if (wide) arranged.set('panel', panel);
		if (wide) arranged.set('outline', outline || null);
		arranged.set('selected', cell, true);
	});

	$effect(() => {
		const stop = onScrolled(() => {
			if (restored) arranged.set('place', readPlace(), true);
		});
		const kept = arranged.keep();
		return () => {
			stop();
			kept();
		};
	});
}
