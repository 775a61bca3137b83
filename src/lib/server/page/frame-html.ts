/** Content from outside in a frame without rights, as markup of the page around it. */
import { escapeHtml } from '#lib/render/syntax.ts';

export interface FramedOutput {
	html: string;
	/** Where `outputFile` serves it as a page of its own, or null to carry it along. */
	url: string | null;
	/** Said by screen readers. */
	title: string;
	/** What is loaded when the reader asks for it; null shows it at once. */
	onDemand: string | null;
}

/**
 * A frame at an address may run scripts, in an opaque origin and without network: its own policy says so. One that is
 * carried along inherits the policy of the page, under which nothing in it runs. A closed `<details>` loads nothing, since
 * the frame is lazy.
 */
export function frameHtml({ html, url, title, onDemand }: FramedOutput): string {
	const height = onDemand === null ? guessedHeight(html) : 480;
	const source =
		url === null
			? `sandbox srcdoc="${escapeHtml(html)}"`
			: `sandbox="allow-scripts" src="${escapeHtml(url)}"`;
	const frame = `<iframe ${source} title="${escapeHtml(title)}" height="${height}" loading="lazy"></iframe>`;
	if (onDemand === null) return frame;
	const words =
		url === null ? `Show the ${escapeHtml(onDemand)} at rest` : `Load the ${escapeHtml(onDemand)}`;
	return `<details class="on-demand"><summary><span>${words}</span></summary>${frame}</details>`;
}

/** Without a script nobody says how high it is: rows of a table are counted, anything else gets a screenful. */
function guessedHeight(html: string): number {
	const rows = html.match(/<tr\b/gi)?.length ?? 0;
	return rows > 0 ? Math.min(640, 48 + rows * 30) : 360;
}
