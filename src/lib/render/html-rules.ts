/** What holds for HTML from outside, wherever it is shown: where it must live, and which addresses it may carry. */

const NEEDS_FRAME =
	/<\s*(script|style|link|iframe|frame|object|embed|applet|form|input|button|select|textarea|dialog|template|svg|canvas|video|audio|slot|marquee|base|meta|portal|[a-z]+-[a-z-]*)\b|[\s"'/]on[a-z]+\s*=|javascript:|\bdata-[a-z-]+\s*=/i;

/** What runs by itself, as opposed to what is only drawn in a way of its own. */
const RUNS =
	/<\s*(script|link|iframe|frame|object|embed|applet|input|button|select|textarea|canvas|video|audio|[a-z]+-[a-z-]*)\b|[\s"'/]on[a-z]+\s*=|javascript:/i;

/** pandas puts this block, the same for all, before every table. Ours looks better without it. */
const PANDAS_STYLE = /<style scoped>[\s\S]*?<\/style>/g;

/** Whether a `text/html` value must live in a frame. */
export function needsFrame(html: string): boolean {
	return NEEDS_FRAME.test(html.replace(PANDAS_STYLE, ''));
}

/** Whether a `text/html` value does something: scripts, handlers, controls. A table with a style sheet of its own does not. */
export function isInteractive(html: string): boolean {
	return RUNS.test(html.replace(PANDAS_STYLE, ''));
}

/** What an address in HTML from outside may begin with. */
export const LINKS = /^(?:https?:|mailto:|#|data:image\/(?:png|jpe?g|gif|webp|svg\+xml);)/i;

/** What a link that leaves the page is told: a tab of its own, and nothing taken along. */
export const LEAVING = { target: '_blank', rel: 'noopener noreferrer nofollow ugc' } as const;

/** A script output as HTML, for the frame. */
export function scriptPage(code: string): string {
	return `<script>${code.replaceAll('</', '<\\/')}</script>`;
}
