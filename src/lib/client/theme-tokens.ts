const ANSI = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** The page's colours for frames, which share no style sheet with it. */
const TOKENS = [
	'--paper',
	'--paper-sunken',
	'--ink',
	'--ink-muted',
	'--line',
	'--line-strong',
	'--accent',
	'--accent-soft',
	'--focus',
	'--error',
	'--warning',
	'--ok',
	'--code-bg',
	'--font-ui',
	'--font-code',
	'--font-prose',
	...ANSI.flatMap((name) => [`--ansi-${name}`, `--ansi-bright-${name}`])
];

export interface FrameTheme {
	scheme: 'light' | 'dark';
	tokens: Record<string, string>;
}

export function currentTheme(): FrameTheme {
	const style = getComputedStyle(document.documentElement);
	return {
		scheme: style.colorScheme.includes('dark') ? 'dark' : 'light',
		tokens: Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(name).trim()]))
	};
}

/** Tell the theme now and whenever it changes. */
export function followTheme(tell: (theme: FrameTheme) => void): () => void {
	const say = () => tell(currentTheme());
	const media = matchMedia('(prefers-color-scheme: dark)');
	const observer = new MutationObserver(say);
	media.addEventListener('change', say);
	observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
	say();
	return () => {
		media.removeEventListener('change', say);
		observer.disconnect();
	};
}
