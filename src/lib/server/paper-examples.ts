/** The examples of cards as HTML. A version never changes, so what was made of it is kept for the next reader. */
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import type { CardVersion } from '#lib/model/paper/card.ts';
import { notebookPage } from './page/notebook-page.ts';
import type { NotebookPage } from './page/options.ts';

export interface PaperExamples {
	/** `read` is asked for the notebook when it is not there yet. */
	of(card: CardVersion, read: () => Promise<NotebookContent>): Promise<NotebookPage>;
}

/** Limits on the number and on the size of all together, in characters of HTML. */
export function createPaperExamples({ entries = 200, characters = 32_000_000 } = {}): PaperExamples {
	const kept = new Map<string, NotebookPage>();
	/** Who asks for the same waits for the same. */
	const making = new Map<string, Promise<NotebookPage>>();
	let size = 0;

	function keep(key: string, page: NotebookPage): void {
		if (page.html.length > characters) return;
		kept.set(key, page);
		size += page.html.length;
		for (const [oldest, { html }] of kept) {
			if (kept.size <= entries && size <= characters) break;
			kept.delete(oldest);
			size -= html.length;
		}
	}

	return {
		of(card, read) {
			const key = `${card.slug} ${card.number} ${card.paper.title}`;
			const known = kept.get(key);
			if (known) {
				// asked for last: the end of the map
				kept.delete(key);
				kept.set(key, known);
				return Promise.resolve(known);
			}
			const running = making.get(key);
			if (running) return running;
			const page = read()
				.then((content) =>
					notebookPage(content, {
						title: card.paper.title,
						idPrefix: 'example-',
						address: (cell, output, part) =>
							`/papers/${card.slug}/v/${card.number}/outputs/${encodeURIComponent(cell)}/${output}/${part}`
					})
				)
				.then((made) => {
					keep(key, made);
					return made;
				})
				.finally(() => making.delete(key));
			making.set(key, page);
			return page;
		}
	};
}
