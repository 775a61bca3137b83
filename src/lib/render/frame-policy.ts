/**
 * The policy of a frame with content from outside. Opaque origin (`sandbox` without allow-same-origin) and no network at
 * all: an output may compute and draw, it cannot send anything anywhere. Libraries from a CDN do not load, by intent; the
 * frame says so where it happens.
 */
export const FRAME_POLICY = [
	'sandbox allow-scripts',
	"default-src 'none'",
	"script-src 'unsafe-inline' 'unsafe-eval'",
	"style-src 'unsafe-inline'",
	'img-src data: blob:',
	'media-src data: blob:',
	'font-src data:',
	"connect-src 'none'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'self'"
].join('; ');
