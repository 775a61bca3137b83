/** A notebook as one HTML file that stands alone: no script, outputs with markup in frames without any right. */
import MarkdownIt from 'markdown-it';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import { joined as text, withoutColours as plain } from './output-text.ts';

const markdown = new MarkdownIt({ html: false, linkify: true });

const STYLE = `
:root { color-scheme: light dark; }
body { max-width: 54rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 Georgia, 'Source Serif 4', serif; }
pre { font: 0.875rem/1.5 'JetBrains Mono', ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.source { padding: 0.75rem; background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 4px; }
img { max-width: 100%; background: white; }
iframe { width: 100%; border: 0; background: white; }
`;

/** The page. Nothing in it runs: sources are escaped, HTML outputs sit in `sandbox` frames. */
export function toHtml(title: string, { cells, outputs }: NotebookContent): string {
	const body = cells.map((cell) => {
		if (cell.type === 'markdown') return `<section>${markdown.render(cell.source)}</section>`;
		const shown = (outputs[cell.id]?.outputs ?? []).map(outputHtml).join('\n');
		return `<section><pre class="source">${escape(cell.source)}</pre>\n${shown}</section>`;
	});
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self' about:">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(title)}</h1>
${body.join('\n')}
</body>
</html>
`;
}

function outputHtml(output: NbOutput): string {
	if (output.output_type === 'stream') return `<pre>${escape(plain(text(output.text)))}</pre>`;
	if (output.output_type === 'error') return `<pre>${escape(plain(output.traceback.join('\n')))}</pre>`;
	const { data } = output;
	for (const mime of ['image/png', 'image/jpeg', 'image/gif', 'image/webp']) {
		if (data[mime] !== undefined) {
			return `<img alt="${escape(text(data['text/plain'] ?? 'figure'))}" src="data:${mime};base64,${escape(text(data[mime]).replace(/\s/g, ''))}">`;
		}
	}
	if (data['image/svg+xml'] !== undefined) {
		const svg = Buffer.from(text(data['image/svg+xml'])).toString('base64');
		return `<img alt="figure" src="data:image/svg+xml;base64,${svg}">`;
	}
	if (data['text/html'] !== undefined) {
		return `<iframe sandbox srcdoc="${escape(text(data['text/html']))}" height="300" title="output"></iframe>`;
	}
	if (data['text/markdown'] !== undefined) return markdown.render(text(data['text/markdown']));
	if (data['text/plain'] !== undefined) return `<pre>${escape(plain(text(data['text/plain'])))}</pre>`;
	const [first] = Object.values(data);
	return first === undefined ? '' : `<pre>${escape(JSON.stringify(first, null, 1))}</pre>`;
}

function escape(value: string): string {
	return value.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
