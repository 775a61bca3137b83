/** A notebook as one HTML file that stands alone: no script, nothing loaded, outputs with markup of their own in frames without any right. */
import { readFileSync } from 'node:fs';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { escapeHtml } from '#lib/render/syntax.ts';
import { contentsHtml } from './page/contents-html.ts';
import { notebookPage } from './page/notebook-page.ts';

/** The look of the page itself; fonts are those of the reader's machine. */
const SHEETS = ['tokens.css', 'notebook/notebook.css', 'notebook-page.css'];
const GROUND = `
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: var(--text-14) / var(--leading-ui) var(--font-ui); }
main { max-width: calc(var(--measure) + 2 * var(--space-5)); margin: 0 auto; padding: var(--space-6) var(--space-5) var(--space-8); }
h1 { margin: 0 0 var(--space-5); font-size: var(--text-28); line-height: 1.2; text-wrap: balance; }
.contents { margin-bottom: var(--space-6); padding-block: var(--space-3); border-block: 1px solid var(--line); }
@media print { @page { margin: 18mm 16mm; } body { background: none; } main { max-width: none; padding: 0; } .contents { display: none; } }
`;

let sheet: string | undefined;

/** The page. Nothing in it runs: sources are escaped, HTML outputs are cleaned or sit in `sandbox` frames. */
export async function toHtml(title: string, content: NotebookContent): Promise<string> {
	const { html, contents } = await notebookPage(content, { title, maths: 'mathml', whole: true });
	sheet ??= SHEETS.map(sheetText).join('\n') + GROUND;
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self' about:">
<title>${escapeHtml(title)}</title>
<style>${sheet}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${contentsHtml(contents)}
${html}
</main>
</body>
</html>
`;
}

/** A style sheet of the site without what it loads. */
function sheetText(name: string): string {
	const text = readFileSync(new URL(`../components/${name}`, import.meta.url), 'utf8');
	return text.replace(/^@import [^;]*;\n/gm, '');
}
