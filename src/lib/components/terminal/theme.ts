import type { ITheme } from '@xterm/xterm';
import { followTheme } from '#lib/client/theme-tokens.ts';

const ANSI = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** The page's tokens as a terminal's colours, now and whenever they change. */
export function followTerminalTheme(tell: (theme: ITheme) => void): () => void {
	return followTheme(({ scheme, tokens }) => {
		const token = (name: string): string =>
			tokens[name] ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
		const colours: Record<string, string> = {};
		for (const name of ANSI) {
			colours[name] = token(`--ansi-${name}`);
			colours[`bright${name[0]!.toUpperCase()}${name.slice(1)}`] = token(`--ansi-bright-${name}`);
		}
		// Black and white are mostly the text or the ground of coloured fields: they are what they say. Where they would not
		// be seen on the page, the terminal's least contrast bends them.
		const light = scheme === 'light';
		colours.black = token(light ? '--ink' : '--paper-sunken');
		colours.white = token(light ? '--line' : '--ansi-white');
		colours.brightWhite = token(light ? '--paper-raised' : '--ansi-bright-white');
		tell({
			...colours,
			background: token('--paper'),
			foreground: token('--ink'),
			cursor: token('--ink'),
			cursorAccent: token('--paper'),
			selectionBackground: token('--sel'),
			scrollbarSliderBackground: `${token('--line-strong')}66`,
			scrollbarSliderHoverBackground: `${token('--line-strong')}aa`,
			scrollbarSliderActiveBackground: token('--line-strong')
		});
	});
}
