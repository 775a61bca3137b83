/** The file a notebook is: read once, and again when the person's line says that something is new. */
import type { BoundAction, BoundFile } from '#lib/model/bound-notebook.ts';
import { notifyProblem } from './notify.ts';
import { api, problemOf } from './api.ts';
import { personLine } from './person-line.svelte.ts';

export class BoundFileView {
	/** null: the notebook is no file, or that is not known yet. */
	file = $state.raw<BoundFile | null>(null);
	busy = $state(false);
	readonly #notebook: string;

	constructor(notebook: string) {
		this.#notebook = notebook;
	}

	/** Look now and at every change from then on; answers how to stop. */
	follow(): () => void {
		void this.#look();
		const stops = [
			personLine.on('file', ({ notebook }) => {
				if (notebook === this.#notebook) void this.#look();
			}),
			personLine.onRestored(() => void this.#look())
		];
		return () => stops.forEach((stop) => stop());
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

	get #address(): string {
		return `/api/notebooks/${this.#notebook}/file`;
	}

	async #look(): Promise<void> {
		try {
			this.file = await api<BoundFile | null>('GET', this.#address);
		} catch {
			// Without the server the bar says so already; what was said of the file last stays until the line is back.
		}
	}
}
