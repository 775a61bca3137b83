declare global {
	interface Window {
		/** Buttons pressed before the page could answer (app.html); null once it can. */
		earlyPresses?: HTMLButtonElement[] | null;
	}
}

/** The page answers now: what was pressed meanwhile is pressed again, where it still is and may be. */
export function replayEarlyPresses(): void {
	const pressed = window.earlyPresses ?? [];
	window.earlyPresses = null;
	for (const button of new Set(pressed)) if (button.isConnected) button.click();
}
