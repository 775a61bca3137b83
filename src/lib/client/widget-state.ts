/** States of widgets with everything in its place: large values from blobs, binary parts as DataViews. */
import { fromBase64 } from 'lib0/buffer';
import type { Json } from '#lib/model/json.ts';
import { isBlobRef, type BlobRef } from '#lib/model/output.ts';
import type { ModelState } from '#lib/model/widget-message.ts';
import type { BufferPath, Widget } from '#lib/model/widget.ts';

/**
 * Some keys of a widget's state, or all (null). A value whose blob cannot be had is left out, and the widget draws what
 * its default for that is.
 */
export async function assembleKeys(
	widget: Widget,
	keys: string[] | null,
	blobUrl: (hash: string) => string
): Promise<ModelState> {
	const wanted = (key: string) => keys === null || keys.includes(key);
	const state: ModelState = {};
	for (const [key, value] of Object.entries(widget.state)) {
		if (wanted(key)) state[key] = structuredClone(value);
	}
	const parts: Promise<void>[] = [];
	for (const [key, ref] of Object.entries(widget.large)) {
		if (!wanted(key)) continue;
		const value = fetchBlob(ref, blobUrl).then(
			(bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Json
		);
		parts.push(value.then((got) => void (state[key] = got)).catch(() => {}));
	}
	await Promise.all(parts);
	const buffers = Object.entries(widget.buffers).map(async ([text, held]) => {
		const path = JSON.parse(text) as BufferPath;
		if (!wanted(String(path[0]))) return;
		const bytes = held instanceof Uint8Array ? held.slice() : await fetchBlob(held, blobUrl);
		putAt(state, path, new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength));
	});
	await Promise.all(buffers.map((one) => one.catch(() => {})));
	return state;
}

/** Put a binary part at its path; what is on the way there exists, or is made as an object. */
export function putAt(state: ModelState, path: BufferPath, value: unknown): void {
	let at = state as Record<string | number, unknown>;
	for (const step of path.slice(0, -1)) {
		if (typeof at[step] !== 'object' || at[step] === null) at[step] = {};
		at = at[step] as Record<string | number, unknown>;
	}
	const last = path.at(-1);
	if (last !== undefined) at[last] = value;
}

async function fetchBlob(ref: BlobRef | Json, blobUrl: (hash: string) => string): Promise<Uint8Array> {
	if (!isBlobRef(ref)) throw new Error('no blob');
	const response = await fetch(blobUrl(ref.blob));
	if (!response.ok) throw new Error(`${response.status}`);
	return new Uint8Array(await response.arrayBuffer());
}

export function bytesOfBase64(text: string): ArrayBuffer {
	return fromBase64(text).slice().buffer as ArrayBuffer;
}
