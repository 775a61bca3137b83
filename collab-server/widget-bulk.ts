/** What keeps the large parts of widgets out of the document: they become blobs of the notebook. */
import { INLINE_LIMIT_BYTES } from '#lib/model/output.ts';
import type { Bulk } from '#lib/model/widget.ts';
import type { OutputStore } from './output-store.ts';

export function widgetBulk(store: OutputStore): Bulk {
	return {
		value(_key, value) {
			const text = JSON.stringify(value);
			if (text.length <= INLINE_LIMIT_BYTES) return { inline: value };
			return { blob: store.put('application/json', new TextEncoder().encode(text)) };
		},
		bytes: (bytes) =>
			bytes.byteLength <= INLINE_LIMIT_BYTES
				? new Uint8Array(bytes)
				: store.put('application/octet-stream', new Uint8Array(bytes))
	};
}
