/** Formulas of a page. */
import { renderTex } from '#lib/render/tex.ts';
import type { PageOptions } from './options.ts';

/** TeX longer than this may be wider than a phone. */
const FITS = 30;

/** TeX as HTML. What may be wider than the page scrolls by itself, and is reached by keyboard. */
export function formulaHtml(tex: string, display: boolean, { maths }: PageOptions): string {
	const html = renderTex(tex, display, maths === 'mathml' ? 'mathml' : 'htmlAndMathml');
	if (!display || tex.length <= FITS) return html;
	return `<span class="formula" tabindex="0" role="group" aria-label="Formula">${html}</span>`;
}
