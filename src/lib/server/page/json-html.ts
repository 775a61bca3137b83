/** JSON as a tree that opens and closes without a script. */
import type { Json } from '#lib/model/json.ts';
import { escapeHtml } from '#lib/render/syntax.ts';

/** Entries of one level, and of the whole tree, that a page shows. */
const LEVEL = 100;
const ALL = 1_000;
const DEEPEST = 20;
const LONGEST_TEXT = 2_000;

/** The tree, and whether anything was left out. */
export function jsonHtml(value: Json): { html: string; cut: boolean } {
	const state = { left: ALL, cut: false };
	return { html: `<div class="json">${node(value, null, 0, state)}</div>`, cut: state.cut };
}

function node(
	value: Json,
	name: string | null,
	depth: number,
	state: { left: number; cut: boolean }
): string {
	state.left -= 1;
	const label = name === null ? '' : `<span class="name">${escapeHtml(cutText(name, state))}</span>: `;
	if (typeof value !== 'object' || value === null) {
		return `${label}<span class="${value === null ? 'null' : typeof value}">${escapeHtml(JSON.stringify(typeof value === 'string' ? cutText(value, state) : value))}</span>`;
	}
	const entries: [string, Json][] = Array.isArray(value)
		? value.map((item, i) => [String(i), item])
		: Object.entries(value);
	const count = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
	if (entries.length === 0) return `${label}<span class="count">${count}</span>`;
	const shown = depth >= DEEPEST ? [] : entries.slice(0, Math.max(0, Math.min(LEVEL, state.left)));
	const rows = shown.map(([key, item]) => `<li>${node(item, key, depth + 1, state)}</li>`);
	if (shown.length < entries.length) {
		state.cut = true;
		rows.push(`<li class="count">${entries.length - shown.length} more</li>`);
	}
	return `<details${depth < 1 ? ' open' : ''}><summary>${label}<span class="count">${count}</span></summary><ul>${rows.join('')}</ul></details>`;
}

function cutText(text: string, state: { cut: boolean }): string {
	if (text.length <= LONGEST_TEXT) return text;
	state.cut = true;
	return `${text.slice(0, LONGEST_TEXT)}…`;
}
