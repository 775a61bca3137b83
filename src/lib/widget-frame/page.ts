/** The page around this frame: messages with the token of the frame's address, and nothing else. */
import type { FromFrame, ToFrame } from '#lib/model/widget-message.ts';

export interface Page {
	token: string;
	scheme: string;
	tell(message: FromFrame): void;
	/** Call `listener` with every message of the page. */
	listen(listener: (message: ToFrame) => void): void;
}

export function openPage(): Page {
	const [token = '', scheme = 'light'] = location.hash.slice(1).split('.');
	const parent = window.parent;
	return {
		token,
		scheme,
		// The frame's origin is opaque and the page's unknown to it; the token says for whom a message is.
		tell: (message) => parent.postMessage({ ...message, token }, '*'),
		listen(listener) {
			window.addEventListener('message', (event: MessageEvent) => {
				if (event.source !== parent || event.data?.token !== token) return;
				listener(event.data as ToFrame);
			});
		}
	};
}
