/** Markdown cells of a page: as the notebook shows them, with headings that can be linked to. */
import type { MarkdownIt } from 'markdown-it';
import type { Cell } from '#lib/model/cell.ts';
import { newMarkdown } from '#lib/render/markdown.ts';
import { renderTex } from '#lib/render/tex.ts';
import { cleanRendered } from './clean-html.ts';
import type { ContentsEntry, PageOptions } from './options.ts';

type Token = ReturnType<MarkdownIt['parse']>[number];

/** Text longer than this is no prose: it is shown as it was written. */
const LONGEST = 1_000_000;

/** The Markdown of one page. Headings are numbered through: make one for each page. */
export class Prose {
	readonly contents: ContentsEntry[] = [];
	#md: MarkdownIt;
	#options: PageOptions;
	#ids = new Map<string, number>();
	/** The last heading's level: the next one is at most one deeper, or the outline would have holes. */
	#level: number;
	/** Whether the title may still come. */
	#titleMayCome: boolean;

	constructor(options: PageOptions) {
		this.#options = options;
		this.#level = options.title === undefined ? 0 : 1;
		this.#titleMayCome = options.title !== undefined;
		const output = options.maths === 'mathml' ? 'mathml' : 'htmlAndMathml';
		this.#md = newMarkdown((tex, display) => renderTex(tex, display, output));
	}

	/** A Markdown cell. Its headings are added to the contents. */
	cell({ source, attachments }: Cell): string {
		return this.#render(source, attachments, true);
	}

	/** A Markdown output: its headings can be linked to, but are no part of the contents. */
	output(source: string): string {
		return this.#render(source, undefined, false);
	}

	#render(source: string, attachments: Cell['attachments'], listed: boolean): string {
		if (source.length > LONGEST) return `<pre>${this.#md.utils.escapeHtml(source.slice(0, LONGEST))}…</pre>`;
		const env = { attachments };
		const tokens = this.#md.parse(source, env);
		const kept = this.#headings(tokens, listed);
		for (const token of kept) this.#addresses(token);
		if (kept.length === 0) return '';
		return `<div class="prose">\n${cleanRendered(this.#md.renderer.render(kept, this.#md.options, env))}</div>`;
	}

	/** Give headings their ids and levels; leave the title out where the page has it already. */
	#headings(tokens: Token[], listed: boolean): Token[] {
		const gone = new Set<Token>();
		tokens.forEach((token, i) => {
			const inline = tokens[i + 1];
			if (token.type !== 'heading_open' || !inline) {
				if (token.type === 'paragraph_open' && listed) this.#titleMayCome = false;
				return;
			}
			const text = plainText(inline.children ?? []);
			const close = tokens.findIndex((one, at) => at > i && one.type === 'heading_close');
			const said = Number(token.tag.slice(1));
			if (listed && this.#titleMayCome) {
				this.#titleMayCome = false;
				if (same(text, this.#options.title ?? '')) {
					for (const one of tokens.slice(i, close + 1)) gone.add(one);
					return;
				}
			}
			const shift = this.#options.title === undefined ? 0 : 1;
			const level = Math.min(6, said + shift, this.#level + 1);
			this.#level = level;
			const id = this.#idOf(text);
			token.tag = `h${level}`;
			tokens[close]!.tag = token.tag;
			token.attrSet('id', id);
			if (listed && text !== '') this.contents.push({ level, id, text });
		});
		return tokens.filter((token) => !gone.has(token));
	}

	/** Jupyter's own: the text with hyphens for spaces, so that links written in Jupyter lead here too. */
	#idOf(text: string): string {
		const base =
			(this.#options.idPrefix ?? '') + (text.trim().replace(/\s+/g, '-').slice(0, 120) || 'heading');
		const taken = this.#ids.get(base) ?? 0;
		this.#ids.set(base, taken + 1);
		if (taken === 0) return base;
		const next = `${base}-${taken + 1}`;
		this.#ids.set(next, 1);
		return next;
	}

	/** Links within the notebook get the page's prefix, relative ones the place of the files beside it. */
	#addresses(token: Token): void {
		for (const child of token.children ?? []) this.#addresses(child);
		if (token.type === 'link_open') {
			const href = String(token.attrGet('href') ?? '');
			if (href.startsWith('#')) token.attrSet('href', `#${this.#options.idPrefix ?? ''}${href.slice(1)}`);
			else if (!/^[a-z][a-z0-9+.-]*:/i.test(href)) token.attrSet('href', this.#options.resolve?.(href) ?? '');
		}
	}
}

/** Text of a heading without its marks; formulas as TeX. */
function plainText(tokens: Token[]): string {
	return tokens
		.map((token) => {
			if (token.type === 'softbreak' || token.type === 'hardbreak') return ' ';
			return token.children ? plainText(token.children) : token.content;
		})
		.join('')
		.trim();
}

function same(a: string, b: string): boolean {
	const bare = (text: string): string => text.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
	return bare(a) === bare(b);
}
