/** Model and view of anywidget: host of the modules of `afm.ts`. A changed `_esm` is loaded anew and drawn again. */
import { DOMWidgetModel, DOMWidgetView, type IBackboneModelOptions } from '@jupyter-widgets/base';
import { AfmError, afmModel, cleanUp, invoker, loadAfm, loadCss, report, type AfmWidget } from './afm.ts';

/** The module of one model: loaded once, initialised once, drawn as often as there are views. */
class Binding {
	readonly #model: DOMWidgetModel;
	#stop = new AbortController();
	#loading: Promise<AfmWidget>;
	exports: unknown;

	constructor(model: DOMWidgetModel) {
		this.#model = model;
		this.#loading = this.#load();
	}

	get ready(): Promise<AfmWidget> {
		return this.#loading;
	}

	reload(): void {
		this.end();
		this.#stop = new AbortController();
		this.#loading = this.#load();
	}

	end(): void {
		this.#stop.abort();
	}

	/** Draw into an element until `signal` ends. */
	async render(el: HTMLElement, signal: AbortSignal): Promise<void> {
		const widget = await this.ready;
		const both = AbortSignal.any([signal, this.#stop.signal]);
		if (!widget.render || both.aborted) return;
		const { proxy, release } = afmModel(this.#model);
		const experimental = { invoke: invoker(this.#model) };
		const host = hostOf(this.#model, both);
		const returned = await widget.render({ model: proxy, el, signal: both, experimental, host });
		const end = () => {
			release();
			cleanUp(returned);
		};
		if (both.aborted) end();
		else both.addEventListener('abort', end, { once: true });
	}

	async #load(): Promise<AfmWidget> {
		const model = this.#model;
		const signal = this.#stop.signal;
		loadCss(model.get('_anywidget_id'), model.get('_css'));
		const widget = await loadAfm(model.get('_esm'));
		const { proxy, release } = afmModel(model);
		const returned = await widget.initialize?.({
			model: proxy,
			signal,
			experimental: { invoke: invoker(model) }
		});
		this.exports = typeof returned === 'function' ? undefined : returned;
		const end = () => {
			release();
			cleanUp(returned);
		};
		if (signal.aborted) end();
		else signal.addEventListener('abort', end, { once: true });
		return widget;
	}
}

const bindings = new WeakMap<DOMWidgetModel, Binding>();

/** What a module may ask of other widgets, by the reference `anywidget:<model id>`. */
function hostOf(model: DOMWidgetModel, signal: AbortSignal) {
	const other = async (ref: string) => {
		if (!ref.startsWith('anywidget:')) throw new Error(`${JSON.stringify(ref)} is no reference to a widget.`);
		return (await model.widget_manager.get_model(ref.slice('anywidget:'.length))) as DOMWidgetModel;
	};
	return {
		async getModel(ref: string) {
			const { proxy, release } = afmModel(await other(ref));
			signal.addEventListener('abort', release, { once: true });
			return proxy;
		},
		async getWidget(ref: string) {
			const binding = bindings.get(await other(ref));
			if (!binding) throw new Error(`${ref} is not made with anywidget.`);
			await binding.ready;
			return {
				exports: binding.exports,
				render: ({ el, signal: own }: { el: HTMLElement; signal?: AbortSignal }) =>
					binding.render(el, own ?? signal)
			};
		}
	};
}

export class AnyModel extends DOMWidgetModel {
	override initialize(attributes: object, options: IBackboneModelOptions): void {
		super.initialize(attributes as never, options);
		const binding = new Binding(this);
		// Who draws it says what went wrong; without a view nobody would.
		binding.ready.catch(() => {});
		bindings.set(this, binding);
		this.on('change:_css', () => loadCss(this.get('_anywidget_id'), this.get('_css')));
		this.on('change:_esm', () => {
			binding.reload();
			binding.ready.catch(() => {});
			this.trigger('afm:reload');
		});
		this.once('destroy', () => binding.end());
	}

	/** As the general one, but with binary values kept: JSON would make empty objects of them. */
	override serialize(state: Record<string, unknown>): never {
		const serializers = (this.constructor as typeof DOMWidgetModel).serializers;
		for (const [key, value] of Object.entries(state)) {
			const serialize = serializers[key]?.serialize;
			if (serialize) state[key] = serialize(value, this);
			else if (key === 'layout' || key === 'style') state[key] = JSON.parse(JSON.stringify(value)) as unknown;
			else state[key] = structuredClone(value);
		}
		return state as never;
	}
}

export class AnyView extends DOMWidgetView {
	override render(): void {
		let drawn = new AbortController();
		const draw = () => {
			drawn.abort();
			drawn = new AbortController();
			this.el.replaceChildren();
			bindings
				.get(this.model as DOMWidgetModel)!
				.render(this.el as HTMLElement, drawn.signal)
				.catch((error: unknown) => this.#failed(error));
		};
		this.listenTo(this.model, 'afm:reload', draw);
		this.once('remove', () => drawn.abort());
		draw();
	}

	override remove(): unknown {
		this.trigger('remove');
		return super.remove() as unknown;
	}

	#failed(error: unknown): void {
		const said = document.createElement('p');
		said.className = 'said';
		said.textContent =
			error instanceof AfmError ? error.message : `The code of this widget failed: ${String(error)}`;
		this.el.replaceChildren(said);
		if (error instanceof AfmError) {
			// The frame has said the same in general words when the address was refused.
			document.querySelector('.refused')?.remove();
		} else report(error);
	}
}
