/** What cannot be drawn says why, in its place. */
import { DOMWidgetModel, DOMWidgetView } from '@jupyter-widgets/base';

/** A view that is one sentence. */
export class SentenceView extends DOMWidgetView {
	sentence(): string {
		return String(this.model.get('sentence') ?? '');
	}
	override render(): void {
		const said = document.createElement('p');
		said.className = 'said';
		said.textContent = this.sentence();
		this.el.append(said);
	}
}

/** Stands for a model that something refers to and that does not exist (any more). */
export class MissingModel extends DOMWidgetModel {
	override defaults(): Record<string, unknown> {
		return {
			...super.defaults(),
			_view_name: 'SentenceView',
			_view_module: '@jupyter-widgets/base',
			sentence: 'A part of this widget was closed by its kernel, or is not in the file.'
		};
	}
}

/** Model or view class of a module that is not in the bundle. */
export function unknownModule(module: string, version: string, name: string | null): unknown {
	if (name === 'SentenceView') return SentenceView;
	if (name?.endsWith('Model')) return UnknownModel;
	const what = /^[\^~]?\d/.test(version) ? `${module} ${version}` : module;
	return class extends SentenceView {
		override sentence(): string {
			if (name === null) return 'This object has nothing to show.';
			return (
				`This widget needs the browser part of ${what} (${name}), which cannot be loaded here. ` +
				'The widgets of ipywidgets and those made with anywidget can be shown.'
			);
		}
	};
}

class UnknownModel extends DOMWidgetModel {}
