/** The page inside a widget's frame: draws one model, as the page around it says, and tells how high it is. */
import { Guard } from './guard.ts';
import { FrameManager } from './manager.ts';
import { provideMath } from './math.ts';
import { openPage } from './page.ts';
import { addStyles } from './styles.ts';

const page = openPage();
const root = document.createElement('div');
root.id = 'widget';
document.documentElement.style.colorScheme = page.scheme === 'dark' ? 'dark' : 'light';
addStyles();
provideMath();
document.body.append(root);

const guard = new Guard(root);
const manager = new FrameManager(page);
let shown: string | null = null;

page.listen((message) => {
	if (message.type === 'theme') {
		const { style, dataset } = document.documentElement;
		style.colorScheme = message.scheme;
		dataset.theme = message.scheme;
		for (const [name, value] of Object.entries(message.tokens)) style.setProperty(name, value);
		// Libraries drawn for JupyterLab look here.
		document.body.dataset.jpThemeLight = String(message.scheme === 'light');
	} else if (message.type === 'show') {
		if (shown !== null) return;
		shown = message.id;
		manager.show(message.id, root).catch((error: unknown) => say(error));
	} else {
		if ((message.type === 'model' || message.type === 'live') && message.id === shown) {
			guard.set(message.type === 'model' ? !message.live : !message.on);
		}
		manager.take(message);
	}
});

function say(error: unknown): void {
	const said = document.createElement('p');
	said.className = 'said';
	said.textContent = `This widget could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
	root.append(said);
}

let refused = false;
document.addEventListener('securitypolicyviolation', (event) => {
	if (refused || !/^(script|style|img|connect|font|media)-src/.test(event.effectiveDirective)) return;
	refused = true;
	const said = document.createElement('p');
	said.className = 'said refused';
	said.textContent =
		`This widget wanted to load something from ${event.blockedURI || 'elsewhere'}. ` +
		'Widgets have no access to the network: what they need must come with them.';
	root.append(said);
});

let told = -1;

function tellHeight(): void {
	const height = Math.ceil(root.getBoundingClientRect().bottom);
	if (height === told) return;
	told = height;
	page.tell({ type: 'height', height });
}

// A frame outside the window is not laid out by itself, so sizes alone would be told when it is scrolled in, and jump.
new MutationObserver(tellHeight).observe(root, { subtree: true, childList: true, attributes: true });
root.addEventListener('load', tellHeight, { capture: true });
new ResizeObserver(tellHeight).observe(document.body);
page.tell({ type: 'ready' });
