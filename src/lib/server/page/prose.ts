/** Markdown cells of a page: as the notebook shows them, with headings that can be linked to. */
import type { MarkdownIt } from 'markdown-it';
import type { Cell } from '#lib/model/cell.ts';
import { newMarkdown, type MarkdownEnv } from '#lib/render/markdown.ts';
import { escapeHtml } from '#lib/render/syntax.ts';
import { renderTex } from '#lib/render/tex.ts';
import { cleanRendered, isPath } from './clean-html.ts';
import type { ContentsEntry, PageOptions } from './options.ts';

type Token = ReturnType<MarkdownIt['parse']>[number];

interface Open {
	said: number;
	level: number;
}

/** Text longer than this is no prose: it is shown as it was written. */
const LONGEST = 1_000_000;

/** The Markdown of one page. Headings are numbered through: make one for each page. */
export class Prose {
	readonly contents: ContentsEntry[] = [];
	#md: MarkdownIt;
	#options: PageOptions;
	#ids = new Map<string, number>();
	/** The headings that the next one may stand under: what the author said, and the level it got. No holes between. */
	#open: Open[] = [];
	/** Whether the title may still come. */
	#titleMayCome: boolean;

	constructor(options: PageOptions) {
		this.#options = options;
		this.#titleMayCome = options.title !== undefined;
		const output = options.maths === 'mathml' ? 'mathml' : 'htmlAndMathml';
		this.#md = newMarkdown((tex, display) => renderTex(tex, display, output));
		const known = this.#md.validateLink;
		if (options.resolve) this.#md.validateLink = (url) => known(url) || isRelative(url);
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
		if (source.length > LONGEST) return `<pre>${escapeHtml(source.slice(0, LONGEST))}…</pre>`;
		const env: MarkdownEnv = { attachments, beside: (src) => this.#beside(src) };
		const tokens = this.#md.parse(source, env);
		const kept = this.#headings(tokens, listed);
		for (const token of kept) this.#addresses(token);
		if (kept.length === 0) return '';
		return `<div class="prose">\n${cleanRendered(this.#md.renderer.render(kept, this.#md.options, env))}</div>`;
	}

	/** Give headings their ids and levels; leave the title out where the page has it already. */
	#headings(tokens: Token[], listed: boolean): Token[] {
		const gone = new Set<Token>();
		const top = this.#options.title === undefined ? 0 : 1;
		// Headings of an output stand under that of its cell, and nothing of the text stands under them.
		const [open, above] = listed ? [this.#open, top] : [[], this.#open.at(-1)?.level ?? top];
		tokens.forEach((token, i) => {
			const inline = tokens[i + 1];
			if (token.type !== 'heading_open' || !inline) {
				if (token.type === 'paragraph_open' && listed) this.#titleMayCome = false;
				return;
			}
			const text = plainText(inline.children ?? []);
			const close = tokens.findIndex((one, at) => at > i && one.type === 'heading_close');
			const said = Number(token.tag.slice(1));
			if (text === '') {
				for (const one of tokens.slice(i, close + 1)) gone.add(one);
				return;
			}
			if (listed && this.#titleMayCome) {
				this.#titleMayCome = false;
				if (same(text, this.#options.title ?? '')) {
					for (const one of tokens.slice(i, close + 1)) gone.add(one);
					return;
				}
			}
			const level = levelOf(said, open, above);
			const id = this.#idOf(text);
			token.tag = `h${level}`;
			tokens[close]!.tag = token.tag;
			token.attrSet('id', id);
			if (listed) this.contents.push({ level, id, text });
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
			// An address that stands there itself need not be printed beside it.
			if (token.info === 'auto') token.attrJoin('class', 'bare');
			if (href.startsWith('#')) token.attrSet('href', `#${this.#options.idPrefix ?? ''}${href.slice(1)}`);
			else if (isRelative(href)) token.attrSet('href', this.#options.resolve?.(href) ?? '');
		}
	}

	/** A picture among the files beside the notebook, where they are served by this site. */
	#beside(src: string): string | null {
		const found = isRelative(src) ? this.#options.resolve?.(src) : null;
		return found && isPath(found) ? found : null;
	}
}

/** One below the heading that it stands under, which is `above` where none is open. */
function levelOf(said: number, open: Open[], above: number): number {
	while (open.length > 0 && open.at(-1)!.said >= said) open.pop();
	const level = Math.min(6, (open.at(-1)?.level ?? above) + 1);
	open.push({ said, level });
	return level;
}

function isRelative(url: string): boolean {
	return !/^(?:[a-z][a-z0-9+.-]*:|#|\/)/i.test(url.trim());
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
