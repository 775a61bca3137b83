/**
 * Jupyter's widget manager (`ManagerBase`, on which html-manager too is built) whose models live in the page's runtime
 * document: a model is asked for when something refers to it, follows the document, and sends its changes to the page.
 */
import * as base from '@jupyter-widgets/base';
import { ManagerBase } from '@jupyter-widgets/base-manager';
import * as controls from '@jupyter-widgets/controls';
import { Widget } from '@lumino/widgets';
import { MessageLoop } from '@lumino/messaging';
import type { ModelState, ToFrame } from '#lib/model/widget-message.ts';
import * as anywidget from './anywidget.ts';
import { FrameComm } from './comm.ts';
import { following, linkClasses } from './link.ts';
import * as output from './output.ts';
import type { Page } from './page.ts';
import { sanitizeInline } from './sanitize.ts';
import { MissingModel, unknownModule } from './unknown.ts';

type Exports = Record<string, unknown>;

const MODULES: Record<string, Exports> = {
	'@jupyter-widgets/base': { ...base },
	'@jupyter-widgets/controls': { ...controls, ...linkClasses },
	'@jupyter-widgets/output': { ...output },
	anywidget: { ...anywidget }
};

interface Answer {
	live: boolean;
	state: ModelState | null;
}

export class FrameManager extends ManagerBase {
	readonly #page: Page;
	readonly #models = new Map<string, Promise<base.WidgetModel>>();
	readonly #comms = new Map<string, FrameComm>();
	readonly #asked = new Map<string, (answer: Answer) => void>();
	readonly #views = new Set<base.DOMWidgetView>();

	constructor(page: Page) {
		super();
		this.#page = page;
		window.addEventListener('resize', () => {
			for (const view of this.#views) {
				MessageLoop.postMessage(view.luminoWidget, Widget.ResizeMessage.UnknownSize);
			}
		});
	}

	/** Draw a model into an element. */
	async show(id: string, element: HTMLElement): Promise<void> {
		const model = await this.get_model(id);
		const view = await this.create_view(model as base.DOMWidgetModel);
		Widget.attach(view.luminoWidget, element);
		this.#views.add(view);
		view.once('remove', () => this.#views.delete(view));
	}

	/** What the page says about models. */
	take(message: ToFrame): void {
		switch (message.type) {
			case 'model':
				this.#asked.get(message.id)?.(message);
				this.#asked.delete(message.id);
				return;
			case 'load':
				void this.get_model(message.id);
				return;
			case 'state':
				return this.#with(message.id, (_model, comm) => comm.update(message.state, message.seen));
			case 'custom':
				return this.#with(message.id, (_model, comm) => comm.custom(message.content, message.buffers));
			case 'live':
				return this.#with(message.id, (model) => setLive(model, message.on));
			case 'closed':
				this.#with(message.id, (_model, comm) => comm.closed());
				this.#models.delete(message.id);
				return;
		}
	}

	/** Models come when they are first asked for. */
	override get_model(id: string): Promise<base.WidgetModel> {
		let model = this.#models.get(id);
		if (!model) this.#models.set(id, (model = this.#load(id)));
		return model;
	}

	override has_model(id: string): boolean {
		return this.#models.has(id);
	}

	override inline_sanitize(source: string): string {
		return sanitizeInline(source);
	}

	protected override async loadClass(name: string, module: string, version: string): Promise<never> {
		const known = MODULES[module];
		const found = known ? known[name] : unknownModule(module, version, name);
		return (found ?? unknownModule(module, version, name)) as never;
	}

	protected override _get_comm_info(): Promise<Record<string, never>> {
		return Promise.resolve({});
	}

	/** Kernels make widgets; a widget that makes another one in the browser would have nobody to talk to. */
	protected override _create_comm(): Promise<never> {
		return Promise.reject(new Error('A widget can only be made by a kernel.'));
	}

	async #load(id: string): Promise<base.WidgetModel> {
		const { live, state } = await new Promise<Answer>((resolve) => {
			this.#asked.set(id, resolve);
			this.#page.tell({ type: 'model?', id });
		});
		if (state === null) return new MissingModel({}, { model_id: id, widget_manager: this });
		const comm = new FrameComm(id, (n, data, buffers) => {
			if (following()) return;
			this.#page.tell({ type: 'comm', id, n, data, buffers });
		});
		this.#comms.set(id, comm);
		const model = await this.new_model(
			{
				model_id: id,
				model_name: String(state._model_name),
				model_module: String(state._model_module),
				model_module_version: String(state._model_module_version),
				comm
			},
			state
		);
		setLive(model, live);
		return model;
	}

	#with(id: string, act: (model: base.WidgetModel, comm: FrameComm) => void): void {
		const comm = this.#comms.get(id);
		if (comm) void this.#models.get(id)?.then((model) => act(model, comm));
	}
}

/** A model that is not live keeps its changes to itself, also later. */
function setLive(model: base.WidgetModel, on: boolean): void {
	if (on) (model as unknown as { _buffered_state_diff: object })._buffered_state_diff = {};
	model.comm_live = on;
}
