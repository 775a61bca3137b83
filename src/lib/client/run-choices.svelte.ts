/** How a person likes to run cells, remembered in this browser for each person. */
export class RunChoices {
	/** Go on with the rest of several cells after an error in one. */
	keepGoing = $state(false);
	readonly #key: string;

	constructor(user: string) {
		this.#key = `ansatz keep going ${user}`;
		try {
			this.keepGoing = localStorage.getItem(this.#key) === 'yes';
		} catch {
			// A browser that lets nothing be stored forgets the choice; the page works.
		}
	}

	setKeepGoing(on: boolean): void {
		this.keepGoing = on;
		try {
			if (on) localStorage.setItem(this.#key, 'yes');
			else localStorage.removeItem(this.#key);
		} catch {
			// As above: it holds until the page is closed.
		}
	}
}
