/**
 * Formulas in labels and descriptions. The controls hand their elements to a global `MathJax` where there is one; this
 * one draws with KaTeX, as MathML, which browsers lay out themselves without fonts or styles of ours.
 */
import katex from 'katex';

const FENCE = /\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|\$([^$\n]+?)\$/g;

export function provideMath(): void {
	Object.assign(window, {
		MathJax: {
			Hub: {
				Queue: (task: [string, unknown, Element]) => drawMath(task[2])
			}
		}
	});
}

/** Replace the fenced formulas in the texts below an element. */
export function drawMath(element: Element): void {
	const texts: Text[] = [];
	const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const text = walker.currentNode as Text;
		if (/[$\\]/.test(text.data) && !text.parentElement?.closest('code, pre, math, textarea, script, style'))
			texts.push(text);
	}
	for (const text of texts) replaceMath(text);
}

function replaceMath(text: Text): void {
	const parts: (string | HTMLElement)[] = [];
	let last = 0;
	for (const match of text.data.matchAll(FENCE)) {
		parts.push(text.data.slice(last, match.index));
		const display = match[1] ?? match[2];
		const drawn = document.createElement('span');
		katex.render(display ?? match[3] ?? match[4] ?? '', drawn, {
			displayMode: display !== undefined,
			output: 'mathml',
			throwOnError: false,
			trust: false,
			maxExpand: 1000
		});
		parts.push(drawn);
		last = match.index + match[0].length;
	}
	if (parts.length === 0) return;
	parts.push(text.data.slice(last));
	text.replaceWith(...parts);
}
