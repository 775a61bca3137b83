/**
 * Words of colleagues and of what was done for a person, at the edge of the page they look at. A page in the background keeps
 * them until it is looked at, unless another one has shown them by then.
 */
import { toast } from 'svelte-sonner';
import type { PersonNotice } from '#lib/model/person-line.ts';
import { personLine } from './person-line.svelte.ts';

/** Long enough to be read on the way; what must not be missed is a state of its page as well. */
const SHOWN_MS = 20_000;

/** Show them from now on; `go` leads to a path of this site. Answers how to stop. */
export function showNotices(go: (path: string) => void): () => void {
	const waiting = new Map<string, PersonNotice>();
	const pages = new BroadcastChannel('ansatz notices');

	function show(notice: PersonNotice): void {
		const { id, title, detail, href } = notice;
		toast(title, {
			id,
			duration: SHOWN_MS,
			...(detail === undefined ? {} : { description: detail }),
			...(href === undefined ? {} : { action: { label: 'Look', onClick: () => go(href) } })
		});
		pages.postMessage(id);
	}
	function looked(): void {
		if (document.visibilityState !== 'visible') return;
		waiting.forEach(show);
		waiting.clear();
	}

	pages.onmessage = ({ data }: MessageEvent<string>) => void waiting.delete(data);
	const stop = personLine.on('notice', ({ notice }) => {
		waiting.set(notice.id, notice);
		looked();
	});
	document.addEventListener('visibilitychange', looked);
	return () => {
		stop();
		document.removeEventListener('visibilitychange', looked);
		pages.close();
	};
}
