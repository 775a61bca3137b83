/**
 * The output widget: what code printed and displayed inside `with output:` or `interact`, held in the model as a list of
 * nbformat outputs. It is drawn with the page's own renderers; frames may run scripts, so HTML is put in as it is.
 */
import { DOMWidgetView, JupyterLuminoPanelWidget, type DOMWidgetModel } from '@jupyter-widgets/base';
import { OutputModel as JupyterOutputModel } from '@jupyter-widgets/output';
import { Widget } from '@lumino/widgets';
import $ from 'jquery';
import { ansiToHtml } from '#lib/render/ansi.ts';
import { writeTerminal } from '#lib/model/terminal.ts';
import { WIDGET_VIEW_MIME } from '#lib/model/widget.ts';
import { drawMath } from './math.ts';
import type { FrameManager } from './manager.ts';

type NbOutput = Record<string, unknown>;
type Bundle = Record<string, unknown>;

export class OutputModel extends JupyterOutputModel {
	override defaults(): Record<string, unknown> {
		return { ...super.defaults(), msg_id: '', outputs: [] };
	}
}

export class OutputView extends DOMWidgetView {
	override _createElement(): HTMLElement {
		this.luminoWidget = new JupyterLuminoPanelWidget({ view: this });
		return this.luminoWidget.node;
	}

	/** The element is that of the Lumino panel, from the beginning to the end. */
	override _setElement(_element: HTMLElement): void {
		this.el = this.luminoWidget.node;
		this.$el = $(this.luminoWidget.node);
	}

	override render(): void {
		super.render();
		this.el.classList.add('jupyter-widgets', 'widget-output', 'jupyter-widget-output');
		let shown: string[] = [];
		const draw = () => {
			const outputs = (this.model.get('outputs') as NbOutput[] | null) ?? [];
			const texts = outputs.map((output) => JSON.stringify(output));
			// What did not change stays as it is: a plot that was moved in, a widget inside.
			let same = 0;
			while (same < texts.length && same < shown.length && texts[same] === shown[same]) same++;
			while (this.el.childElementCount > same) this.el.lastElementChild!.remove();
			for (const output of outputs.slice(same)) this.el.append(this.#draw(output));
			shown = texts;
		};
		this.listenTo(this.model, 'change:outputs', draw);
		draw();
	}

	#draw(output: NbOutput): HTMLElement {
		if (output.output_type === 'stream') return preformatted(textOf(output.text), String(output.name));
		if (output.output_type === 'error') {
			const traceback = Array.isArray(output.traceback) ? output.traceback.join('\n') : '';
			return preformatted(traceback || `${String(output.ename)}: ${String(output.evalue)}`, 'error');
		}
		return this.#bundle((output.data ?? {}) as Bundle, (output.metadata ?? {}) as Bundle);
	}

	#bundle(data: Bundle, metadata: Bundle): HTMLElement {
		const holder = document.createElement('div');
		holder.className = 'shown';
		const widget = data[WIDGET_VIEW_MIME] as { model_id?: unknown } | undefined;
		const picture = Object.keys(data).find((mime) => /^image\/(?!svg)/.test(mime));
		const latex = data['text/latex'] ?? data['text/markdown'];
		if (typeof widget?.model_id === 'string') void this.#child(widget.model_id, holder);
		else if ('text/html' in data) {
			holder.innerHTML = textOf(data['text/html']);
			reviveScripts(holder);
		} else if ('image/svg+xml' in data) {
			const text = encodeURIComponent(textOf(data['image/svg+xml']));
			holder.append(image(`data:image/svg+xml;charset=utf-8,${text}`, data, metadata['image/svg+xml']));
		} else if (picture) {
			const base64 = textOf(data[picture]).replace(/\s/g, '');
			holder.append(image(`data:${picture};base64,${base64}`, data, metadata[picture]));
		} else if (latex !== undefined) {
			holder.append(document.createTextNode(textOf(latex)));
			holder.classList.add('prose');
			drawMath(holder);
		} else if ('application/javascript' in data) {
			const script = document.createElement('script');
			script.textContent = textOf(data['application/javascript']);
			holder.append(script);
		} else return preformatted(textOf(data['text/plain'] ?? Object.values(data)[0] ?? ''), 'result');
		return holder;
	}

	async #child(id: string, holder: HTMLElement): Promise<void> {
		const manager = this.model.widget_manager as unknown as FrameManager;
		const model = (await manager.get_model(id)) as DOMWidgetModel;
		const view = await manager.create_view(model);
		// Lumino attaches to what is in the document only.
		await this.displayed;
		if (holder.isConnected) Widget.attach(view.luminoWidget, holder);
	}
}

function preformatted(text: string, kind: string): HTMLElement {
	const pre = document.createElement('pre');
	pre.className = `text ${kind}`;
	const lines = writeTerminal({ text: '' }, text).text;
	if (lines.includes('\u001b')) pre.innerHTML = ansiToHtml(lines);
	else pre.textContent = lines;
	return pre;
}

function image(src: string, data: Bundle, metadata: unknown): HTMLElement {
	const element = document.createElement('img');
	element.src = src;
	element.alt = typeof data['text/plain'] === 'string' ? data['text/plain'] : 'Picture made by this widget';
	const { width, height } = (metadata ?? {}) as { width?: unknown; height?: unknown };
	if (typeof width === 'number') element.width = width;
	if (typeof height === 'number') element.height = height;
	return element;
}

/** Scripts set by innerHTML are inert: each is made anew. */
function reviveScripts(root: HTMLElement): void {
	for (const old of root.querySelectorAll('script')) {
		const script = document.createElement('script');
		for (const { name, value } of old.attributes) script.setAttribute(name, value);
		script.textContent = old.textContent;
		old.replaceWith(script);
	}
}

/** Texts of nbformat are one text or a list of lines. */
function textOf(value: unknown): string {
	if (Array.isArray(value)) return value.join('');
	return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
