/** The theme a person chose: light, dark, or as the system says. app.html's script applies it before the first paint. */
export const THEMES = ['light', 'dark', 'system'] as const;
export type Theme = (typeof THEMES)[number];

class ThemeChoice {
	#choice = $state<Theme>('system');

	get current(): Theme {
		return this.#choice;
	}

	/** Take over what the page was painted with. In the browser only. */
	read(): void {
		const theme = document.documentElement.dataset.theme;
		this.#choice = theme === 'light' || theme === 'dark' ? theme : 'system';
	}

	choose(next: Theme): void {
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
