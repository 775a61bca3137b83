/**
 * Markdown to HTML. Raw HTML in the text stays text (`html: false`), links may be http(s), mailto or a place on the
 * page, and pictures come from attachments or data only: a picture from elsewhere would tell its server who reads.
 */
import MarkdownIt, { type MarkdownIt as Renderer } from 'markdown-it';
import type { Cell } from '#lib/model/cell.ts';
import { mathRule } from './math-rule.ts';
import { renderTex } from './tex.ts';

export type Attachments = Cell['attachments'];

/** What a renderer is told of one text. */
export interface MarkdownEnv extends Record<PropertyKey, unknown> {
	attachments?: Attachments;
	/** Where a picture is served that is none of the attachments, or null. Absent: nowhere. */
	beside?: (src: string) => string | null;
}

/** A renderer with these rules, `tex` making the formulas. Its `env` is a `MarkdownEnv`. */
export function newMarkdown(tex: (tex: string, display: boolean) => string): Renderer {
	const md = new MarkdownIt({ html: false, linkify: true, typographer: false });
	mathRule(md, tex);
	md.validateLink = (url) =>
		/^(https?:|mailto:|#|\/|\.|attachment:|data:image\/(png|jpe?g|gif|webp);)/i.test(url.trim());
	md.renderer.rules.image = (tokens, i, options, env, self) => {
		const token = tokens[i]!;
		const alt = self.renderInlineAsText(token.children ?? [], options, env);
		const src = String(token.attrGet('src') ?? '');
		const { attachments, beside } = (env ?? {}) as MarkdownEnv;
		const shown = imageSource(src, attachments) ?? beside?.(src) ?? null;
		const escape = md.utils.escapeHtml;
		if (shown !== null) return `<img src="${escape(shown)}" alt="${escape(alt)}" loading="lazy">`;
		if (/^https?:/i.test(src)) {
			const label = alt || 'Picture';
			return `<a class="elsewhere" href="${escape(src)}">${escape(label)} (picture at ${escape(hostOf(src))})</a>`;
		}
		return `<span class="elsewhere">${escape(alt || 'Picture')} (not part of this notebook: ${escape(src)})</span>`;
	};
	return md;
}

const md = newMarkdown(renderTex);

/** Where a picture can be shown from, or null. Exported for its test. */
export function imageSource(src: string, attachments: Attachments): string | null {
	if (/^data:image\/(png|jpe?g|gif|webp);/i.test(src)) return src;
	if (!src.startsWith('attachment:')) return null;
	const name = safeDecode(src.slice('attachment:'.length));
	const bundle = attachments && Object.hasOwn(attachments, name) ? attachments[name] : undefined;
	if (typeof bundle !== 'object' || bundle === null) return null;
	for (const [mime, data] of Object.entries(bundle)) {
		if (!/^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(mime) || typeof data !== 'string') continue;
		return `data:${mime};base64,${data.replace(/[^A-Za-z0-9+/=]/g, '')}`;
	}
	return null;
}

function safeDecode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function hostOf(url: string): string {
	try {
		return new URL(url).host;
	} catch {
		return url;
	}
}

export function renderMarkdown(source: string, attachments?: Attachments): string {
	return md.render(source, { attachments } satisfies MarkdownEnv);
}

/** The headings of a text, for the outline. */
export function headings(source: string): { level: number; text: string }[] {
	const found: { level: number; text: string }[] = [];
	const tokens = md.parse(source, {});
	tokens.forEach((token, i) => {
		if (token.type !== 'heading_open') return;
		const inline = tokens[i + 1];
		const text = inline?.children?.map((child) => child.content).join('') ?? '';
		if (text.trim() !== '') found.push({ level: Number(token.tag.slice(1)), text: text.trim() });
	});
	return found;
}
