/** The file a notebook is, followed while the page is looked at. */
import type { BoundAction, BoundFile } from '#lib/model/bound-notebook.ts';
import { notifyProblem } from './notify.ts';
import { api, problemOf } from './api.ts';

const LOOK_AGAIN_MS = 3000;

export class BoundFileView {
	/** null: the notebook is no file, or that is not known yet. */
	file = $state.raw<BoundFile | null>(null);
	busy = $state(false);
	readonly #address: string;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#over = false;

	constructor(notebook: string) {
		this.#address = `/api/notebooks/${notebook}/file`;
	}

	/** Look now and from then on, if there is a file; answers how to stop. */
	follow(): () => void {
		void this.#look();
		const shown = (): void => {
			if (this.file && document.visibilityState === 'visible') void this.#look();
		};
		document.addEventListener('visibilitychange', shown);
		return () => {
			this.#over = true;
			clearTimeout(this.#timer);
			document.removeEventListener('visibilitychange', shown);
		};
	}

	/** Failures are shown. */
	async act(action: BoundAction): Promise<void> {
		this.busy = true;
		try {
			this.file = await api<BoundFile | null>('POST', this.#address, { action });
		} catch (error) {
			notifyProblem(problemOf(error));
		} finally {
			this.busy = false;
		}
	}

	async #look(): Promise<void> {
		clearTimeout(this.#timer);
		try {
			this.file = await api<BoundFile | null>('GET', this.#address);
			if (this.file === null) return;
		} catch {
			// Without the server the bar says so already; what was said of the file last stays.
		}
		if (!this.#over && document.visibilityState === 'visible')
			this.#timer = setTimeout(() => void this.#look(), LOOK_AGAIN_MS);
	}
}
