/**
 * A widget that takes no changes: it can be read and scrolled, with the keyboard and a screen reader too, but not moved.
 * Tabs and folds still open, which changes what this person sees and nothing else.
 */
const EVENTS = [
	...['pointerdown', 'mousedown', 'touchstart', 'click', 'dblclick', 'contextmenu'],
	...['keydown', 'keypress', 'beforeinput', 'input', 'change', 'paste', 'drop']
];
const LOOKING = '.lm-TabBar-tab, .jupyter-widget-Collapse-header, summary, a[href]';
const MOVING_FOCUS = new Set(['Tab', 'Escape', 'PageUp', 'PageDown']);

export class Guard {
	#root: HTMLElement;
	#on = false;

	constructor(root: HTMLElement) {
		this.#root = root;
		for (const name of EVENTS) window.addEventListener(name, this.#stop, { capture: true, passive: false });
	}

	set(on: boolean): void {
		this.#on = on;
		this.#root.classList.toggle('still', on);
		if (on) this.#root.setAttribute('aria-disabled', 'true');
		else this.#root.removeAttribute('aria-disabled');
	}

	#stop = (event: Event): void => {
		if (!this.#on || !(event.target instanceof Element) || !this.#root.contains(event.target)) return;
		if (event.target.closest(LOOKING)) return;
		if (event instanceof KeyboardEvent && (MOVING_FOCUS.has(event.key) || event.ctrlKey || event.metaKey))
			return;
		event.preventDefault();
		event.stopImmediatePropagation();
	};
}
