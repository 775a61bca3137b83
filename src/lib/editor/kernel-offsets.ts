/** Places in a text: the Jupyter protocol counts Unicode code points, CodeMirror counts UTF-16 units. */

/** Code points before a UTF-16 offset. Within a surrogate pair: those before the pair. */
export function toCodePoints(text: string, offset: number): number {
	let points = 0;
	for (let at = 0; at < offset && at < text.length; at += step(text, at)) {
		if (at + step(text, at) <= offset) points++;
	}
	return points;
}

/** The UTF-16 offset of a place that counts code points; the end of the text for places beyond it. */
export function toUtf16(text: string, points: number): number {
	let at = 0;
	for (let left = points; left > 0 && at < text.length; left--) at += step(text, at);
	return at;
}

function step(text: string, at: number): number {
	return text.codePointAt(at)! > 0xffff ? 2 : 1;
}
