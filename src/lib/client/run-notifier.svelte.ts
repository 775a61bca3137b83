import type { Run } from '#lib/model/run.ts';
import { duration } from './render/words.ts';

export interface RunNotifierOptions {
	me: string;
	/** Seconds a run takes at least to be told of by the browser; null: never. */
	afterS: number | null;
	/** Title of the notebook now. */
	title: () => string;
	/** Show the cell: the person came by the notification. */
	show: (run: Run) => void;
}

/**
 * Tells of the end of one's own runs while one looks elsewhere: a mark in the tab's title, and for long ones a
 * notification of the browser. What somebody stopped is no news.
 */
export class RunNotifier {
	/** `✓ ` or `✗ ` before the page's title until the page is looked at. */
	mark = $state('');
	readonly #options: RunNotifierOptions;
	readonly #open: Notification[] = [];

	constructor(options: RunNotifierOptions) {
		this.#options = options;
		document.addEventListener('visibilitychange', this.#seen);
	}

	/** A run has ended; `number` is that of its cell. */
	finished(run: Run, number: number): void {
		if (document.visibilityState === 'visible' || run.by?.id !== this.#options.me) return;
		if (run.state !== 'done' && run.state !== 'error' && run.state !== 'lost') return;
		const failed = run.state !== 'done';
		// A failure is not covered by what went well after it.
		if (failed || this.mark === '') this.mark = failed ? '✗ ' : '✓ ';
		const { afterS, title } = this.#options;
		const took =
			run.durationMs ?? (run.startedAt === null ? null : (run.finishedAt ?? Date.now()) - run.startedAt);
		if (afterS === null || took === null || took < afterS * 1000) return;
		if (!('Notification' in window) || Notification.permission !== 'granted') return;
		const word = run.state === 'done' ? 'finished' : run.state === 'error' ? 'failed' : 'ended';
		const notification = new Notification(title() || 'Notebook', {
			body: `Cell ${number} ${word} after ${duration(took)}`,
			tag: run.id,
			icon: '/favicon.svg'
		});
		notification.onclick = () => {
			window.focus();
			this.#options.show(run);
			notification.close();
		};
		this.#open.push(notification);
	}

	close(): void {
		document.removeEventListener('visibilitychange', this.#seen);
	}

	#seen = (): void => {
		if (document.visibilityState !== 'visible') return;
		this.mark = '';
		for (const notification of this.#open.splice(0)) notification.close();
	};
}
