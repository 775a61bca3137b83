/** Where a person is in a notebook: the topmost visible cell, and how much of it is above the edge. */

/** Height of the bar that stays at the top. */
const EDGE = 56;
/** How long the page is put right while cells above get their heights. */
const SETTLE_MS = 1500;

export interface ReadingPlace {
	cell: string;
	offset: number;
}

export function readPlace(): ReadingPlace | null {
	for (const element of document.querySelectorAll<HTMLElement>('[data-cell-id]')) {
		const box = element.getBoundingClientRect();
		if (box.bottom > EDGE + 8) return { cell: element.dataset.cellId!, offset: Math.round(EDGE - box.top) };
	}
	return null;
}

/**
 * Scrolls to a place, and again whenever something above it changes its height, until the person scrolls or a moment has
 * passed. False when the cell is gone.
 */
export function goToPlace({ cell, offset }: ReadingPlace): boolean {
	const element = document.querySelector<HTMLElement>(`[data-cell-id="${CSS.escape(cell)}"]`);
	if (!element) return false;
	const put = (): void =>
		window.scrollTo({
			top: element.getBoundingClientRect().top + scrollY - EDGE + offset,
			behavior: 'instant'
		});
	put();
	const watcher = new ResizeObserver(put);
	watcher.observe(element.parentElement ?? element);
	const stop = (): void => {
		watcher.disconnect();
		clearTimeout(timer);
		for (const name of ['wheel', 'touchmove', 'keydown', 'pointerdown'])
			removeEventListener(name, stop, true);
	};
	const timer = setTimeout(stop, SETTLE_MS);
	for (const name of ['wheel', 'touchmove', 'keydown', 'pointerdown'])
		addEventListener(name, stop, { capture: true, passive: true });
	return true;
}

/** Calls back, at most once a frame, when the person has scrolled. Returns how to stop. */
export function onScrolled(listener: () => void): () => void {
	let frame = 0;
	const scrolled = (): void => {
		frame ||= requestAnimationFrame(() => {
			frame = 0;
			listener();
		});
	};
	addEventListener('scroll', scrolled, { passive: true });
	return () => {
		removeEventListener('scroll', scrolled);
		cancelAnimationFrame(frame);
	};
}
