/** The page inside a widget's frame. Like that of outputs, and it may load one script of ours: the widgets themselves. */
import { FRAME_POLICY } from '#lib/render/frame-policy.ts';

/**
 * The frame's policy: that of outputs, with the bundle as the only address and modules from `blob:` (anywidget's code).
 * `hosts` are the names (with port) under which a browser may have reached this server.
 */
export function widgetPolicy(bundle: string, hosts: string[]): string {
	const sources = [...new Set(hosts)]
		.filter((host) => /^[\w.:[\]-]+$/.test(host))
		.map((host) => host + bundle);
	return FRAME_POLICY.replace(
		"script-src 'unsafe-inline' 'unsafe-eval'",
		`script-src 'unsafe-inline' 'unsafe-eval' blob: ${sources.join(' ')}`
	);
}

export function widgetDocument(bundle: string): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Widget</title>
</head>
<body>
<script src="${bundle}"></script>
</body>
</html>
`;
}
