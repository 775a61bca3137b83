/**
 * A kernel's comm messages into widgets everybody sees, and the viewers' messages to the kernel (ipywidgets message
 * protocol 2.1). The room is the one front end of the kernel: it has the state, nobody has to ask for it.
 */
import { newId } from '#lib/model/ids.ts';
import { fromNbOutput, toNbOutput } from '#lib/model/ipynb/output-convert.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { KernelMessage } from '#lib/model/gateway.ts';
import type { RoomNews } from '#lib/model/room-news.ts';
import { applyEvent, newRun, type Run } from '#lib/model/run.ts';
import {
	asPaths,
	referredModels,
	updateWidget,
	WIDGET_TARGET,
	WIDGET_VIEW_MIME,
	type Bulk,
	type BufferPath,
	type Widget
} from '#lib/model/widget.ts';
import type { OutputStore } from './output-store.ts';
import type { Projection } from './projection.ts';
import { widgetBulk } from './widget-bulk.ts';

/** What an Output widget takes instead of the cell. */
const CAPTURED: ReadonlySet<string> = new Set([
	'stream',
	'display_data',
	'execute_result',
	'error',
	'clear_output'
]);

export class WidgetFold {
	readonly #projection: Projection;
	readonly #bulk: Bulk;
	readonly #tell: (news: RoomNews) => void;
	/** By message id: the Output widget that takes what this message causes. */
	readonly #capturing = new Map<string, string>();
	/** What each Output widget shows, as the fold of runs knows it. */
	readonly #captured = new Map<string, Run>();
	/** Per comm and key: the last message of a viewer that set it. Echoes of earlier ones are old news. */
	readonly #expected = new Map<string, Map<string, string>>();

	constructor(projection: Projection, store: OutputStore, tell: (news: RoomNews) => void) {
		this.#projection = projection;
		this.#tell = tell;
		this.#bulk = widgetBulk(store);
		for (const widget of projection.widgets()) this.#follow(widget);
	}

	/** A new kernel: the widgets of the one before stay only where an output still shows them. */
	begin(): void {
		this.#capturing.clear();
		this.#captured.clear();
		this.#expected.clear();
		const shown = new Set<string>();
		const reach = (comm: string): void => {
			const widget = this.#projection.widget(comm);
			if (!widget || shown.has(comm)) return;
			shown.add(comm);
			for (const next of referredModels(widget.state)) reach(next);
		};
		for (const run of this.#projection.runs()) {
			for (const output of run.outputs) {
				if (output.type !== 'display_data' && output.type !== 'execute_result') continue;
				const view = output.data[WIDGET_VIEW_MIME] as JsonObject | undefined;
				if (typeof view?.model_id === 'string') reach(view.model_id);
			}
		}
		for (const { comm } of this.#projection.widgets())
			if (!shown.has(comm)) this.#projection.dropWidget(comm);
	}

	/** True when the event is a widget's and nobody else's. */
	take(event: KernelEvent): boolean {
		if (event.channel !== 'iopub') return false;
		const { content } = event;
		const comm = typeof content.comm_id === 'string' ? content.comm_id : '';
		switch (event.type) {
			case 'comm_open':
				if (content.target_name === WIDGET_TARGET) this.#open(comm, event);
				return true;
			case 'comm_msg':
				this.#message(comm, event);
				return true;
			case 'comm_close':
				this.#projection.dropWidget(comm);
				return true;
			default:
				return this.#capture(event);
		}
	}

	/**
	 * A viewer's message: applied at once, so that all see it also while the kernel is busy. Returns what to send, or null
	 * when the widget is not of the living kernel.
	 */
	fromViewer(comm: string, data: JsonObject, buffers: Uint8Array[]): KernelMessage | null {
		const widget = this.#projection.widget(comm);
		if (!widget || widget.kernel === null || widget.kernel !== this.#projection.kernel.kernel) return null;
		const msgId = `comm-${newId()}`;
		if (data.method === 'update') {
			const state = asObject(data.state);
			const expected = this.#expected.get(comm) ?? new Map<string, string>();
			for (const key of keysOf(state, asPaths(data.buffer_paths))) expected.set(key, msgId);
			this.#expected.set(comm, expected);
			this.#update(widget, state, asPaths(data.buffer_paths), buffers);
		}
		return {
			channel: 'shell',
			msgId,
			msgType: 'comm_msg',
			content: { comm_id: comm, data },
			buffers,
			aside: true
		};
	}

	#open(comm: string, event: KernelEvent): void {
		const data = asObject(event.content.data);
		const { kernel } = this.#projection.kernel;
		const widget = { comm, kernel, target: WIDGET_TARGET, state: {}, large: {}, buffers: {} };
		this.#update(widget, asObject(data.state), asPaths(data.buffer_paths), event.buffers);
	}

	#message(comm: string, event: KernelEvent): void {
		const widget = this.#projection.widget(comm);
		if (!widget) return;
		const data = asObject(event.content.data);
		if (data.method === 'custom') {
			const buffers = event.buffers.map((bytes) => Buffer.from(bytes).toString('base64'));
			this.#tell({ news: 'custom', comm, content: data.content ?? null, buffers });
			return;
		}
		if (data.method !== 'update' && data.method !== 'echo_update') return;
		const state = asObject(data.state);
		const paths = asPaths(data.buffer_paths);
		const keys = keysOf(state, paths);
		const fresh = data.method === 'update' ? keys : this.#fresh(comm, keys, event.parent);
		if (fresh.size === 0) return;
		const parts = paths.map((path, i) => ({ path, bytes: event.buffers[i]! }));
		const kept = parts.filter(({ path, bytes }) => bytes && fresh.has(String(path[0])));
		this.#update(
			widget,
			Object.fromEntries(Object.entries(state).filter(([key]) => fresh.has(key))),
			kept.map(({ path }) => path),
			kept.map(({ bytes }) => bytes)
		);
	}

	/** The keys of an echo that no viewer has set again meanwhile. */
	#fresh(comm: string, keys: Set<string>, parent: string): Set<string> {
		const expected = this.#expected.get(comm);
		const fresh = new Set<string>();
		for (const key of keys) {
			const last = expected?.get(key);
			if (last !== undefined && last !== parent) continue;
			expected?.delete(key);
			fresh.add(key);
		}
		return fresh;
	}

	#update(widget: Widget, state: JsonObject, paths: BufferPath[], buffers: readonly Uint8Array[]): void {
		const next = updateWidget(widget, { state, paths, buffers }, this.#bulk);
		this.#projection.putWidget(next);
		this.#follow(next, state);
	}

	/** Keep in mind which message an Output widget listens to, and what the kernel itself wrote into it. */
	#follow(widget: Widget, change: JsonObject = widget.state): void {
		if (widget.state._model_name !== 'OutputModel') return;
		if ('msg_id' in change) {
			for (const [message, comm] of this.#capturing)
				if (comm === widget.comm) this.#capturing.delete(message);
			if (typeof change.msg_id === 'string' && change.msg_id !== '')
				this.#capturing.set(change.msg_id, widget.comm);
		}
		if ('outputs' in change && Array.isArray(change.outputs)) {
			const outputs = (change.outputs as unknown as NbOutput[]).map((output) => fromNbOutput(output));
			this.#captured.set(widget.comm, { ...newRun(widget.comm, widget.comm, null, 0, 0, ''), outputs });
		}
	}

	#capture(event: KernelEvent): boolean {
		const comm = CAPTURED.has(event.type) ? this.#capturing.get(event.parent) : undefined;
		const widget = comm === undefined ? undefined : this.#projection.widget(comm);
		if (comm === undefined || !widget) return false;
		const before = this.#captured.get(comm) ?? newRun(comm, comm, null, 0, 0, '');
		const { overflow: _dropped, ...run } = applyEvent(before, event, 0);
		this.#captured.set(comm, run);
		const outputs = run.outputs.flatMap((output) => toNbOutput(output, () => '')) as unknown as Json;
		this.#projection.putWidget(
			updateWidget(widget, { state: { outputs }, paths: [], buffers: [] }, this.#bulk)
		);
		return true;
	}
}

/** All keys a message sets: one whose whole value is binary stands in the paths alone. */
function keysOf(state: JsonObject, paths: BufferPath[]): Set<string> {
	return new Set([
		...Object.keys(state),
		...paths.filter((path) => path.length > 0).map((path) => String(path[0]))
	]);
}

function asObject(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
