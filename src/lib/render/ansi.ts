import { AnsiUp } from 'ansi_up';

/** Terminal text as HTML: escaped, colours as classes, links only http(s). */
export function ansiToHtml(text: string): string {
	const up = new AnsiUp();
	up.use_classes = true;
	up.escape_html = true;
	up.url_allowlist = { http: 1, https: 1 };
	// A sequence that is cut off at the end would swallow the text after it; three illegal bytes end any sequence.
	return up.ansi_to_html(text + '\u0001\u0001\u0001').replace(/\u0001/g, '');
}

/** The text alone, for the clipboard. */
export function stripAnsi(text: string): string {
	return text
		.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '')
		.replace(/\u001b\][^\u0007\u001b]*(\u0007|\u001b\\)/g, '');
}
