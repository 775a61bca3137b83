/** A title where no formula can be set: mails, notices, the words beside a badge. */
import { splitMaths } from './latex.ts';

/** `Observation of a peak at 125 GeV` for `Observation of a peak at $125\,\mathrm{GeV}$`. One line. */
export function plainTitle(title: string): string {
	return splitMaths(title)
		.map(({ maths, text }) => (maths ? readable(text) : text))
		.join('')
		.replace(/[\p{Cc}\s]+/gu, ' ')
		.trim();
}

/** TeX as somebody would read it out: commands by their names. */
function readable(tex: string): string {
	return tex
		.replace(/\\(?:mathrm|mathbf|mathit|mathcal|text|textrm|operatorname)\s*\{([^{}]*)\}/g, '$1')
		.replace(/\\[,;:! ]|~/g, ' ')
		.replace(/\\([A-Za-z]+)/g, ' $1 ')
		.replace(/[{}\\]/g, '');
}
