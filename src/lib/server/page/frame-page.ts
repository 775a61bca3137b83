/** The page inside a frame that is loaded by its address: an output alone, under the frame's policy. */
const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 14px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 8px; text-align: right; }
pre, code { font-family: ui-monospace, monospace; }
img, svg, canvas, video { max-width: 100%; }
.refused { color: GrayText; }
`;

/** Says what an output wanted and did not get, and how high it is to a page that listens. */
const SCRIPT = `
document.addEventListener('securitypolicyviolation', function (event) {
	if (document.querySelector('.refused') || !/^(script|style|img|connect)-src/.test(event.effectiveDirective)) return;
	var said = document.createElement('p');
	said.className = 'refused';
	said.textContent = 'This output wanted to load something from ' + (event.blockedURI || 'elsewhere') +
		'. Outputs have no access to the network: make it self-contained (for plotly, include_plotlyjs=True).';
	document.body.appendChild(said);
});
if (window.parent !== window) addEventListener('load', function () {
	new ResizeObserver(function () {
		parent.postMessage({ type: 'height', height: document.documentElement.scrollHeight }, '*');
	}).observe(document.body);
});
`;

/** The document. The content is the body as it came: what it may do is the policy's matter. */
export function framePage(html: string): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Output</title>
<style>${STYLE}</style>
<script>${SCRIPT}</script>
</head>
<body>
${html}
</body>
</html>
`;
}
