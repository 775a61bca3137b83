/** Widget state between files and the model. */
import { readFileSync } from 'node:fs';
import { fromBase64 } from 'lib0/buffer';
import { expect, test } from 'vitest';
import {
	exportWidgetState,
	importWidgetState,
	shownModels,
	widgetBlobs
} from '#lib/model/ipynb/widget-state.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { BlobRef, Output } from '#lib/model/output.ts';
import {
	updateWidget,
	WIDGET_STATE_MIME,
	WIDGET_VIEW_MIME,
	type BufferPath,
	type Bulk,
	type Widget
} from '#lib/model/widget.ts';

/** Keeps everything inline. */
const inline: Bulk = { value: (_key, value) => ({ inline: value }), bytes: (bytes) => bytes };

/** Puts every value longer than a few letters and all bytes elsewhere. */
function elsewhere(): { bulk: Bulk; bytesOf: (ref: BlobRef) => Uint8Array | null } {
	const kept = new Map<string, Uint8Array>();
	const keep = (bytes: Uint8Array): BlobRef => {
		const blob = kept.size.toString(16).padStart(64, '0');
		kept.set(blob, bytes);
		return { blob, size: bytes.length, mime: 'application/octet-stream' };
	};
	return {
		bulk: {
			value: (_key, value) =>
				JSON.stringify(value).length > 12
					? { blob: keep(new TextEncoder().encode(JSON.stringify(value))) }
					: { inline: value },
			bytes: keep
		},
		bytesOf: (ref) => kept.get(ref.blob) ?? null
	};
}

function model(comm: string, state: JsonObject, more: Partial<Widget> = {}): Widget {
	const names = { _model_name: 'BoxModel', _model_module: 'm', _model_module_version: '2.0.0' };
	return {
		comm,
		kernel: 'k1',
		target: 'jupyter.widget',
		state: { ...names, ...state },
		large: {},
		buffers: {},
		...more
	};
}

const nothing = () => null;
const statesOf = (file: JsonObject | null) =>
	(file?.[WIDGET_STATE_MIME] as { state: Record<string, JsonObject> } | undefined)?.state ?? {};

test('what outputs show, what that refers to, and links between them are written; the rest is not', () => {
	const widgets = [
		model('box', { children: ['IPY_MODEL_a', 'IPY_MODEL_b'], layout: 'IPY_MODEL_l' }),
		model('a', {}),
		model('b', { style: { deep: ['IPY_MODEL_s'] } }),
		model('l', {}),
		model('s', {}),
		model('lost', {}),
		model('link', {
			_model_name: 'LinkModel',
			source: ['IPY_MODEL_a', 'value'],
			target: ['IPY_MODEL_b', 'value']
		}),
		model('half', {
			_model_name: 'LinkModel',
			source: ['IPY_MODEL_a', 'value'],
			target: ['IPY_MODEL_lost', 'value']
		})
	];
	const outputs: Output[] = [
		{ type: 'display_data', data: { [WIDGET_VIEW_MIME]: { model_id: 'box' } }, metadata: {} },
		{ type: 'display_data', data: { [WIDGET_VIEW_MIME]: 'nonsense' }, metadata: {} },
		{ type: 'stream', name: 'stdout', text: 'box' }
	];
	expect([...shownModels(outputs)]).toEqual(['box']);
	const written = statesOf(exportWidgetState(widgets, shownModels(outputs), nothing));
	expect(Object.keys(written).sort()).toEqual(['a', 'b', 'box', 'l', 'link', 's']);
	expect(written.a).toEqual({
		model_name: 'BoxModel',
		model_module: 'm',
		model_module_version: '2.0.0',
		state: widgets[1]!.state
	});
	expect(exportWidgetState(widgets, ['gone'], nothing)).toBeNull();
	expect(exportWidgetState([], ['box'], nothing)).toBeNull();
});

test('states of all kinds of widgets come back as they were, also from blobs', () => {
	const fixture = JSON.parse(
		readFileSync(new URL('../client/harness/widgets.json', import.meta.url), 'utf8')
	) as { cells: string[]; widgets: Record<string, { state: JsonObject; buffers: [BufferPath, string][] }> };
	const make = (bulk: Bulk): Widget[] =>
		Object.entries(fixture.widgets).map(([comm, { state, buffers }]) =>
			updateWidget(
				{ comm, kernel: null, target: 'jupyter.widget', state: {}, large: {}, buffers: {} },
				{ state, paths: buffers.map(([path]) => path), buffers: buffers.map(([, text]) => fromBase64(text)) },
				bulk
			)
		);
	const byId = (widgets: Widget[]) => new Map(widgets.map((widget) => [widget.comm, widget]));
	const originals = byId(make(inline));
	const store = elsewhere();
	expect(widgetBlobs(make(store.bulk)).length).toBeGreaterThan(20);
	const files = [
		exportWidgetState(make(inline), fixture.cells, nothing)!,
		exportWidgetState(make(store.bulk), fixture.cells, store.bytesOf)!
	];
	for (const widgets of files) {
		// Through text, as a file does it.
		const metadata = JSON.parse(JSON.stringify({ title: 't', widgets })) as JsonObject;
		const read = importWidgetState(metadata, inline);
		expect(read.metadata).toEqual({ title: 't' });
		expect(read.widgets.length).toBeGreaterThan(50);
		for (const widget of read.widgets) expect(widget).toEqual(originals.get(widget.comm));
	}
	const picture = byId(importWidgetState({ widgets: files[1]! }, inline).widgets).get('image')!;
	expect([...(picture.buffers['["value"]'] as Uint8Array).slice(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
});

test('a state saved without defaults gets the names of its model; hexadecimal buffers are read', () => {
	const file = {
		[WIDGET_STATE_MIME]: {
			version_major: 2,
			version_minor: 0,
			state: {
				x: {
					model_name: 'IntSliderModel',
					model_module: '@jupyter-widgets/controls',
					model_module_version: '2.0.0',
					state: { value: 3 },
					buffers: [{ encoding: 'hex', path: ['raw'], data: '0aff' }]
				}
			}
		}
	};
	const [widget] = importWidgetState({ widgets: file }, inline).widgets;
	expect(widget).toMatchObject({
		comm: 'x',
		kernel: null,
		state: { _model_name: 'IntSliderModel', _model_module: '@jupyter-widgets/controls', value: 3 }
	});
	expect(widget!.buffers).toEqual({ '["raw"]': new Uint8Array([10, 255]) });
});

test('what is not as the schema has it is left out, and a file cannot make references into the store', () => {
	const good = { model_name: 'M', model_module: 'm', model_module_version: '1', state: {} };
	const bad: [string, Json][] = [
		['list', []],
		['nameless', { ...good, model_name: 3 }],
		['stateless', { ...good, state: [] }],
		['x'.repeat(201), good]
	];
	const read = (state: JsonObject) =>
		importWidgetState(
			{ widgets: { [WIDGET_STATE_MIME]: { version_major: 2, version_minor: 0, state } } },
			inline
		).widgets;
	expect(read(Object.fromEntries(bad))).toEqual([]);
	const odd = [
		{ encoding: 'base64', path: ['a'], data: '!!' },
		{ encoding: 'base64', path: [], data: 'AA==' },
		{ encoding: 'base64', path: ['__proto__', 'x'], data: 'AA==' },
		{ encoding: 'zip', path: ['a'], data: 'AA==' },
		'nonsense'
	];
	expect(read({ x: { ...good, buffers: odd } })[0]!.buffers).toEqual({});
	const ref = { blob: 'ab'.repeat(32), size: 9, mime: 'image/png' };
	const widget = read({ x: { ...good, state: { value: ref } } })[0]!;
	expect([widget.large, widget.state.value]).toEqual([{}, ref]);
	for (const metadata of [
		{},
		{ widgets: 3 },
		{ widgets: {} },
		{ widgets: { [WIDGET_STATE_MIME]: { version_major: 1 } } }
	]) {
		expect(importWidgetState(metadata as JsonObject, inline)).toEqual({ widgets: [], metadata });
	}
});
