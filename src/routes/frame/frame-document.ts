/**
 * The page inside the frame: it takes content by message from the page around it and says how high it is. It runs with
 * an opaque origin, so nothing in it can read cookies, storage or the notebook around it.
 */
export const FRAME_DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Output</title>
<style>
html { background: var(--paper, transparent); color: var(--ink, #1b1a17); }
body { margin: 0; font: 14px/1.5 var(--font-ui, system-ui, sans-serif); overflow-wrap: anywhere; }
a { color: var(--accent, #2740c8); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 8px; text-align: right; }
pre, code { font-family: var(--font-code, monospace); }
img, svg, canvas, video { max-width: 100%; }
.refused { color: var(--ink-muted, #55524b); }
</style>
</head>
<body>
<script>
(function () {
	'use strict';
	var told = location.hash.slice(1).split('.');
	var token = told[0];
	// Before the first paint: a frame of another colour scheme than its page gets an opaque ground.
	document.documentElement.style.colorScheme = told[1] === 'dark' ? 'dark' : 'light';
	var parentWindow = window.parent;
	var filled = false;
	function tell(message) { message.token = token; parentWindow.postMessage(message, '*'); }
	function tellHeight() {
		tell({ type: 'height', height: Math.max(document.body.scrollHeight, document.body.getBoundingClientRect().bottom) });
	}
	// Content set by innerHTML is inert: each script is made anew, in order, so that later ones find what earlier ones made.
	function revive(root) {
		root.querySelectorAll('script').forEach(function (old) {
			var script = document.createElement('script');
			for (var i = 0; i < old.attributes.length; i++) script.setAttribute(old.attributes[i].name, old.attributes[i].value);
			script.textContent = old.textContent;
			script.async = false;
			old.replaceWith(script);
		});
	}
	window.addEventListener('message', function (event) {
		var message = event.data;
		if (event.source !== parentWindow || !message || message.token !== token) return;
		if (message.type === 'theme') {
			var root = document.documentElement;
			root.style.colorScheme = message.scheme === 'dark' ? 'dark' : 'light';
			root.dataset.theme = root.style.colorScheme;
			Object.keys(message.tokens).forEach(function (name) { root.style.setProperty(name, message.tokens[name]); });
		}
		if (message.type === 'content' && !filled) {
			filled = true;
			var holder = document.createElement('div');
			holder.innerHTML = message.html;
			document.body.appendChild(holder);
			revive(holder);
			new ResizeObserver(tellHeight).observe(document.body);
			tellHeight();
		}
	});
	document.addEventListener('securitypolicyviolation', function (event) {
		if (document.querySelector('.refused') || !/^(script|style|img|connect)-src/.test(event.effectiveDirective)) return;
		var said = document.createElement('p');
		said.className = 'refused';
		said.textContent = 'This output wanted to load something from ' + (event.blockedURI || 'elsewhere') +
			'. Outputs have no access to the network: make it self-contained (for plotly, include_plotlyjs=True).';
		document.body.appendChild(said);
	});
	tell({ type: 'ready' });
})();
</script>
</body>
</html>
`;
