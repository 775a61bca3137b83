/** The style sheets of the widgets, then ours, which gives them the page's colours. */
import icons from '@fortawesome/fontawesome-free/css/fontawesome.min.css?inline';
import solid from '@fortawesome/fontawesome-free/webfonts/fa-solid-900.woff2?inline';
import controls from '@jupyter-widgets/controls/css/widgets-base.css?inline';
import lumino from '@lumino/widgets/style/index.css?inline';
import own from './frame.css?inline';

/** Icons of buttons are Font Awesome's solid ones; the font is part of the bundle, as the frame has no network. */
const ICON_FONT = `
@font-face { font-family: 'Font Awesome 5 Free'; font-weight: 900; src: url('${solid}') format('woff2'); }
.fa, .fas { font-family: 'Font Awesome 5 Free'; font-weight: 900; }`;

/** Colours of terminal text in output widgets, by the classes that ansi_up gives. */
const ANSI = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
	.flatMap((name) => [name, `bright-${name}`])
	.map(
		(name) =>
			`.ansi-${name}-fg { color: var(--ansi-${name}); }\n` +
			`.ansi-${name}-bg { background: var(--ansi-${name}); color: var(--paper); }`
	)
	.join('\n');

export function addStyles(): void {
	const style = document.createElement('style');
	style.textContent = [icons, ICON_FONT, lumino, controls, own, ANSI].join('\n');
	document.head.append(style);
}
