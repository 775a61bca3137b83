/**
 * The last state of widgets in a notebook file, as `metadata.widgets` holds it (ipywidgets, "Widget state" schema,
 * version 2.0), so that a reader without the kernel sees them.
 *
 *     { 'application/vnd.jupyter.widget-state+json': { version_major: 2, version_minor: 0, state: {
 *         <model id>: { model_name, model_module, model_module_version, state, buffers: [{encoding, path, data}] } } } }
 */
import { fromBase64, toBase64 } from 'lib0/buffer';
import type { Json, JsonObject } from '../json.ts';
import type { BlobRef, Output } from '../output.ts';
import { isBlobRef } from '../output.ts';
import {
	asPaths,
	referredModels,
	updateWidget,
	WIDGET_STATE_MIME,
	WIDGET_TARGET,
	WIDGET_VIEW_MIME,
	type BufferPath,
	type Bulk,
	type Widget
} from '../widget.ts';
import { isObject, objects, own, put } from './object.ts';

/** Longest id of a model that is read; kernels make 32 hex digits. */
const ID_LENGTH = 200;
const LINKS = new Set<unknown>(['LinkModel', 'DirectionalLinkModel']);

/** Ids of the models that outputs show. */
export function shownModels(outputs: Iterable<Output>): Set<string> {
	const shown = new Set<string>();
	for (const output of outputs) {
		if (output.type !== 'display_data' && output.type !== 'execute_result') continue;
		const view = output.data[WIDGET_VIEW_MIME];
		if (isObject(view) && typeof view.model_id === 'string') shown.add(view.model_id);
	}
	return shown;
}

/** Every blob that states of widgets refer to: what `bytesOf` of `exportWidgetState` will be asked for. */
export function widgetBlobs(widgets: Iterable<Widget>): BlobRef[] {
	const refs: BlobRef[] = [];
	for (const { large, buffers } of widgets) {
		refs.push(...Object.values(large));
		for (const held of Object.values(buffers)) if (!(held instanceof Uint8Array)) refs.push(held);
	}
	return refs;
}

/**
 * The value of `metadata.widgets` for the models that are shown, and all that these refer to; null where there are none.
 * `bytesOf` gives the bytes of a blob, or null where it is lost: the value is then left out, as if it were a default.
 */
export function exportWidgetState(
	widgets: Iterable<Widget>,
	shown: Iterable<string>,
	bytesOf: (ref: BlobRef) => Uint8Array | null
): JsonObject | null {
	const whole = new Map<string, { widget: Widget; state: JsonObject }>();
	for (const widget of widgets) whole.set(widget.comm, { widget, state: wholeState(widget, bytesOf) });
	const reached = new Set<string>();
	const reach = (id: string): void => {
		const model = whole.get(id);
		if (!model || reached.has(id)) return;
		reached.add(id);
		for (const next of referredModels(model.state)) reach(next);
	};
	for (const id of shown) reach(id);
	// Nothing refers to a link; it belongs where both its ends are.
	for (const [id, { state }] of whole) {
		if (!LINKS.has(state._model_name)) continue;
		if ([...referredModels([state.source, state.target])].every((end) => reached.has(end))) reach(id);
	}
	if (reached.size === 0) return null;
	const state: JsonObject = {};
	for (const id of reached) put(state, id, fileModel(whole.get(id)!, bytesOf));
	return { [WIDGET_STATE_MIME]: { version_major: 2, version_minor: 0, state } };
}

/**
 * The widgets of a file's metadata, of no kernel, and the metadata without them. `bulk` takes what is large. What is not
 * as the schema has it is left out: a notebook is worth reading without its widgets.
 */
export function importWidgetState(
	metadata: JsonObject,
	bulk: Bulk
): { widgets: Widget[]; metadata: JsonObject } {
	const { widgets: held, ...rest } = metadata;
	const saved = isObject(held) ? own(held, WIDGET_STATE_MIME) : undefined;
	if (!isObject(saved) || saved.version_major !== 2 || !isObject(saved.state))
		return { widgets: [], metadata };
	const widgets: Widget[] = [];
	for (const [comm, model] of Object.entries(saved.state)) {
		if (comm.length === 0 || comm.length > ID_LENGTH || !isObject(model)) continue;
		const widget = importModel(comm, model, bulk);
		if (widget) widgets.push(widget);
	}
	return { widgets, metadata: rest };
}

function wholeState(widget: Widget, bytesOf: (ref: BlobRef) => Uint8Array | null): JsonObject {
	const state: JsonObject = {};
	for (const [key, value] of Object.entries(widget.state)) put(state, key, value);
	for (const [key, ref] of Object.entries(widget.large)) {
		const bytes = bytesOf(ref);
		if (bytes) put(state, key, JSON.parse(new TextDecoder().decode(bytes)) as Json);
	}
	return state;
}

function fileModel(
	{ widget, state }: { widget: Widget; state: JsonObject },
	bytesOf: (ref: BlobRef) => Uint8Array | null
): JsonObject {
	const buffers = Object.entries(widget.buffers).flatMap(([path, held]): JsonObject[] => {
		const bytes = held instanceof Uint8Array ? held : isBlobRef({ ...held }) ? bytesOf(held) : null;
		if (!bytes) return [];
		return [{ encoding: 'base64', path: JSON.parse(path) as Json, data: toBase64(bytes) }];
	});
	return {
		model_name: String(state._model_name ?? ''),
		model_module: String(state._model_module ?? ''),
		model_module_version: String(state._model_module_version ?? ''),
		state,
		...(buffers.length > 0 ? { buffers } : {})
	};
}

function importModel(comm: string, model: JsonObject, bulk: Bulk): Widget | null {
	const { model_name: name, model_module: module, model_module_version: version } = model;
	if (typeof name !== 'string' || typeof module !== 'string' || typeof version !== 'string') return null;
	if (!isObject(model.state)) return null;
	const paths: BufferPath[] = [];
	const buffers: Uint8Array[] = [];
	for (const buffer of objects(own(model, 'buffers'))) {
		const [path] = asPaths([own(buffer, 'path') ?? null]);
		const bytes = decoded(buffer);
		if (!path || path.length === 0 || path.includes('__proto__') || !bytes) continue;
		paths.push(path);
		buffers.push(bytes);
	}
	// States may be saved without what equals a default, which the names of the model do.
	const state: JsonObject = {
		_model_name: name,
		_model_module: module,
		_model_module_version: version
	};
	for (const [key, value] of Object.entries(model.state)) if (key !== '__proto__') state[key] = value;
	const empty = { comm, kernel: null, target: WIDGET_TARGET, state: {}, large: {}, buffers: {} };
	return updateWidget(empty, { state, paths, buffers }, bulk);
}

/** Bytes of a buffer in a file: base64, or hexadecimal in old ones. */
function decoded(buffer: JsonObject): Uint8Array | null {
	const { encoding, data } = buffer;
	if (typeof data !== 'string') return null;
	if (encoding === 'hex') {
		if (!/^(?:[0-9a-f]{2})*$/i.test(data)) return null;
		return Uint8Array.from(data.match(/../g) ?? [], (pair) => parseInt(pair, 16));
	}
	if (encoding !== 'base64' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(data)) return null;
	return fromBase64(data.replace(/\s/g, ''));
}
