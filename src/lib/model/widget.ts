/**
 * Widgets: the models that a kernel and its viewers share over comms (Jupyter messaging protocol 5.x, "custom messages";
 * ipywidgets message protocol 2.1). The room folds a kernel's comm messages into these plain values, and writes them to
 * the runtime document, so that every viewer has the same state and a reload or a restart loses none.
 *
 *     widgets: Y.Map comm id → Y.Map { kernel, target, state: Y.Map, large: Y.Map, buffers: Y.Map }
 *
 * Binary parts stand beside the state under the JSON text of their path in it (`["data",0]`): bytes, or a reference to a
 * blob. Values above the inline limit stand in `large` instead of `state`.
 */
import * as Y from 'yjs';
import type { Json, JsonObject } from './json.ts';
import type { BlobRef } from './output.ts';

/** Comm target of ipywidgets and of everything built on it. */
export const WIDGET_TARGET = 'jupyter.widget';
/** MIME type of the output that shows a model: `{version_major, version_minor, model_id}`. */
export const WIDGET_VIEW_MIME = 'application/vnd.jupyter.widget-view+json';
/** MIME type under which a notebook file keeps the last state (`metadata.widgets`). */
export const WIDGET_STATE_MIME = 'application/vnd.jupyter.widget-state+json';

export type BufferPath = (string | number)[];

/** One model. It is live while `kernel` is the kernel of the room; null when it came with a file. */
export interface Widget {
	comm: string;
	kernel: string | null;
	target: string;
	/** Values without their binary parts. A value that is in `large` is not in here. */
	state: JsonObject;
	large: Record<string, BlobRef>;
	/** Keyed by the JSON text of the path. */
	buffers: Record<string, Uint8Array | BlobRef>;
}

/** What `comm_msg` carries for a widget, in both directions. */
export interface WidgetUpdate {
	method: 'update' | 'echo_update';
	state: JsonObject;
	buffer_paths?: BufferPath[];
}

export function widgetsOf(doc: Y.Doc): Y.Map<Y.Map<unknown>> {
	return doc.getMap('widgets');
}

/** A widget as a plain value, or null. */
export function readWidget(doc: Y.Doc, comm: string): Widget | null {
	const map = widgetsOf(doc).get(comm);
	return map ? widgetFrom(comm, map) : null;
}

export function readWidgets(doc: Y.Doc): Widget[] {
	return [...widgetsOf(doc).entries()].map(([comm, map]) => widgetFrom(comm, map));
}

function widgetFrom(comm: string, map: Y.Map<unknown>): Widget {
	const part = <T>(key: string): Record<string, T> => {
		const value = map.get(key);
		return value instanceof Y.Map ? (Object.fromEntries(value.entries()) as Record<string, T>) : {};
	};
	return {
		comm,
		kernel: (map.get('kernel') as string | null) ?? null,
		target: String(map.get('target') ?? WIDGET_TARGET),
		state: part<Json>('state'),
		large: part<BlobRef>('large'),
		buffers: part<Uint8Array | BlobRef>('buffers')
	};
}

/** Bring the document's copy to `widget`, writing only the difference. Call inside a transaction. */
export function writeWidget(doc: Y.Doc, widget: Widget): void {
	let map = widgetsOf(doc).get(widget.comm);
	if (!map) {
		map = new Y.Map<unknown>(['state', 'large', 'buffers'].map((key) => [key, new Y.Map()]));
		widgetsOf(doc).set(widget.comm, map);
	}
	for (const key of ['kernel', 'target'] as const) {
		if (map.get(key) !== widget[key]) map.set(key, widget[key]);
	}
	for (const key of ['state', 'large', 'buffers'] as const)
		writePart(map.get(key) as Y.Map<unknown>, widget[key]);
}

export function deleteWidget(doc: Y.Doc, comm: string): void {
	widgetsOf(doc).delete(comm);
}

function writePart(shared: Y.Map<unknown>, wanted: Record<string, unknown>): void {
	for (const key of shared.keys()) if (!(key in wanted)) shared.delete(key);
	for (const [key, value] of Object.entries(wanted)) {
		if (!same(shared.get(key), value)) shared.set(key, value);
	}
}

function same(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (a instanceof Uint8Array || b instanceof Uint8Array) {
		return a instanceof Uint8Array && b instanceof Uint8Array && sameBytes(a, b);
	}
	return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** What keeps bulk out of the document: bytes become a reference where they are large. */
export interface Bulk {
	value(key: string, value: Json): { inline: Json } | { blob: BlobRef };
	bytes(bytes: Uint8Array): Uint8Array | BlobRef;
}

/** The widget after an update of some of its keys. Buffers of a key are those of its newest value. */
export function updateWidget(
	widget: Widget,
	update: { state: JsonObject; paths: BufferPath[]; buffers: readonly Uint8Array[] },
	bulk: Bulk
): Widget {
	const state = { ...widget.state };
	const large = { ...widget.large };
	const buffers = { ...widget.buffers };
	const touched = new Set([...Object.keys(update.state), ...update.paths.map((path) => String(path[0]))]);
	for (const path of Object.keys(buffers)) if (touched.has(rootOf(path))) delete buffers[path];
	for (const [key, value] of Object.entries(update.state)) {
		const kept = bulk.value(key, value);
		if ('blob' in kept) {
			large[key] = kept.blob;
			delete state[key];
		} else {
			state[key] = kept.inline;
			delete large[key];
		}
	}
	update.paths.forEach((path, i) => {
		const bytes = update.buffers[i];
		if (path.length > 0 && bytes) buffers[JSON.stringify(path)] = bulk.bytes(bytes);
	});
	return { ...widget, state, large, buffers };
}

function rootOf(path: string): string {
	return String((JSON.parse(path) as BufferPath)[0]);
}

/** `buffer_paths` of a message, whatever it holds: paths of texts and numbers only. */
export function asPaths(value: unknown): BufferPath[] {
	if (!Array.isArray(value)) return [];
	return value.filter(
		(path): path is BufferPath =>
			Array.isArray(path) && path.every((step) => typeof step === 'string' || typeof step === 'number')
	);
}

/** Ids of the models that a state refers to (`IPY_MODEL_<id>` anywhere in it). */
export function referredModels(value: unknown, found = new Set<string>()): Set<string> {
	if (typeof value === 'string') {
		if (value.startsWith('IPY_MODEL_')) found.add(value.slice('IPY_MODEL_'.length));
	} else if (Array.isArray(value)) for (const item of value) referredModels(item, found);
	else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
		for (const item of Object.values(value)) referredModels(item, found);
	}
	return found;
}
