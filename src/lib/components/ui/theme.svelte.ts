/** The theme a person chose: light, dark, or as the system says. It is there before the first paint (app.html, hooks.server.ts). */
export const THEMES = ['light', 'dark', 'system'] as const;
export type Theme = (typeof THEMES)[number];

class ThemeChoice {
	#choice = $state<Theme>('system');
	#chosen: (theme: Theme) => void = () => {};

	get current(): Theme {
		return this.#choice;
	}

	/** Take over what the page was painted with, and tell `chosen` of every choice. In the browser only. */
	read(chosen: (theme: Theme) => void): void {
		this.#chosen = chosen;
		const theme = document.documentElement.dataset.theme;
		this.#choice = theme === 'light' || theme === 'dark' ? theme : 'system';
	}

	choose(next: Theme): void {
		this.show(next);
		this.#chosen(next);
	}

	/** Paint with it. The browser remembers it for pages on which nobody is signed in. */
	show(next: Theme): void {
		this.#choice = next;
		if (next === 'system') delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = next;
		try {
			if (next === 'system') localStorage.removeItem('theme');
			else localStorage.setItem('theme', next);
		} catch {
			// Without storage the choice holds for this page.
		}
	}
}

export const theme = new ThemeChoice();
