/**
 * The anywidget front-end module (AFM, https://anywidget.dev/en/afm/): what a widget's `_esm` exports, how it is loaded
 * and what it is given.
 */
import { uuid, type DOMWidgetModel, type WidgetModel } from '@jupyter-widgets/base';
import type { Json } from '#lib/model/json.ts';

type CleanUp = () => unknown;

export interface AfmModel {
	get(name: string): unknown;
	set(name: string, value: unknown): void;
	save_changes(): void;
	send(content: unknown, callbacks?: unknown, buffers?: (ArrayBuffer | ArrayBufferView)[]): void;
	on(name: string, callback: (...args: unknown[]) => void): void;
	off(name?: string | null, callback?: ((...args: unknown[]) => void) | null): void;
	widget_manager: unknown;
}

export interface AfmContext {
	model: AfmModel;
	signal: AbortSignal;
	experimental: { invoke: ReturnType<typeof invoker> };
}

export interface AfmWidget {
	initialize?(context: AfmContext): unknown;
	render?(context: AfmContext & { el: HTMLElement; host: unknown }): unknown;
}

/** A sentence for the person who looks at the widget. */
export class AfmError extends Error {}

/**
 * Import a module from its text. Throws AfmError where it would need the network, or exports no widget; errors of the
 * module itself pass through.
 */
export async function loadAfm(esm: unknown): Promise<AfmWidget> {
	if (typeof esm !== 'string' || esm.trim() === '')
		throw new AfmError('This widget has no _esm to draw it with.');
	if (/^https?:\/\//.test(esm.trim())) {
		throw new AfmError(
			`This widget loads its code from ${esm.trim()}. Widgets have no access to the network: ` +
				'give _esm the code itself, or the path of a file with it.'
		);
	}
	const url = URL.createObjectURL(new Blob([esm], { type: 'text/javascript' }));
	try {
		const module = (await import(/* @vite-ignore */ url)) as {
			default?: unknown;
			render?: AfmWidget['render'];
		};
		if (module.default === undefined && module.render) return { render: module.render };
		const widget = typeof module.default === 'function' ? await module.default() : module.default;
		if (typeof widget !== 'object' || widget === null) {
			throw new AfmError('The _esm of this widget has no default export with render().');
		}
		return widget as AfmWidget;
	} catch (error) {
		const from = /(?:from|import)\s*\(?\s*['"](https?:\/\/[^'"]+)['"]/.exec(esm)?.[1];
		if (!from || error instanceof AfmError) throw error;
		throw new AfmError(
			`This widget imports ${from}. Widgets have no access to the network: bundle what it needs into its _esm.`
		);
	} finally {
		URL.revokeObjectURL(url);
	}
}

/** Put the style of a widget class into the page, replacing its former one. */
export function loadCss(id: unknown, css: unknown): void {
	if (typeof css !== 'string' || css === '' || /^https?:\/\//.test(css)) return;
	const name = `anywidget-${String(id)}`;
	let style = document.getElementById(name);
	if (!style) document.head.append((style = Object.assign(document.createElement('style'), { id: name })));
	if (style.textContent !== css) style.textContent = css;
}

/** The model as a module sees it; its listeners are taken off with `release`. */
export function afmModel(model: WidgetModel): { proxy: AfmModel; release: () => void } {
	const context = {};
	const proxy: AfmModel = {
		get: (name) => model.get(name),
		set: (name, value) => void model.set(name, value),
		save_changes: () => model.save_changes(),
		send: (content, callbacks, buffers) =>
			model.send(content as never, callbacks as never, buffers as ArrayBuffer[]),
		on: (name, callback) => void model.on(name, callback, context),
		off: (name, callback) => void model.off(name ?? undefined, callback ?? undefined, context),
		widget_manager: model.widget_manager
	};
	return { proxy, release: () => void model.off(undefined, undefined, context) };
}

/** `experimental.invoke`: call a function of the kernel half by name, answered by a custom message with the same id. */
export function invoker(model: DOMWidgetModel) {
	return (
		name: string,
		message?: Json,
		options: { signal?: AbortSignal; buffers?: ArrayBuffer[] } = {}
	): Promise<[unknown, DataView[]]> => {
		const id = uuid();
		const signal = options.signal ?? AbortSignal.timeout(3000);
		return new Promise((resolve, reject) => {
			const stop = () => model.off('msg:custom', answered);
			const answered = (content: { id?: unknown; response?: unknown }, buffers: DataView[]) => {
				if (content?.id !== id) return;
				stop();
				resolve([content.response, buffers]);
			};
			signal.addEventListener('abort', () => {
				stop();
				reject(signal.reason as Error);
			});
			model.on('msg:custom', answered);
			model.send(
				{ id, kind: 'anywidget-command', name, msg: message ?? null },
				undefined,
				options.buffers ?? []
			);
		});
	};
}

/** Call what `initialize` or `render` returned, if it can be called. */
export function cleanUp(returned: unknown): void {
	if (typeof returned !== 'function') return;
	Promise.resolve()
		.then(returned as CleanUp)
		.catch((error: unknown) => report(error));
}

/** A fault in a widget's code goes to the console of its frame, as it would in any notebook. */
export function report(error: unknown): void {
	setTimeout(() => {
		throw error;
	});
}
