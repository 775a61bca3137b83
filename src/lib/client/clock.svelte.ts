/** The time of day for what counts seconds on the page, ticking only while somebody needs it. */
export class Clock {
	/** Milliseconds since 1970. */
	now = $state(Date.now());

	/** Made while a component is set up, and gone with it; `runs` is watched. */
	constructor(runs: () => boolean) {
		$effect(() => {
			if (!runs()) return;
			this.now = Date.now();
			const timer = setInterval(() => (this.now = Date.now()), 1000);
			return () => clearInterval(timer);
		});
	}
}
