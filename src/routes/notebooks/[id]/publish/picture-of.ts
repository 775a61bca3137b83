import type { PlotChoice } from '#lib/model/paper/card.ts';

/** A picture of nbformat as an address; in an `img` no SVG runs anything. */
export function pictureOf({ mime, data }: PlotChoice): string {
	return mime === 'image/svg+xml'
		? `data:image/svg+xml,${encodeURIComponent(data)}`
		: `data:${mime};base64,${data.replace(/\s/g, '')}`;
}
