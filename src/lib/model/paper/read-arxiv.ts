/** Atom answers of arXiv's API (export.arxiv.org/api/query). Source: "arXiv API User's Manual", section 3.3. */
import type { ChildNode, Element } from 'domhandler';
import { parseDocument } from 'htmlparser2';
import { readArxiv, readDoi } from './identifiers.ts';
import { latexToText } from './latex.ts';
import { markdownOfLatex } from './markup.ts';
import { authorList, readName } from './names.ts';
import { isDate, PAPER_LIMITS, type PaperDraft } from './paper.ts';
import { compact, mendEncoding, oneLine, tagsOf } from './text.ts';

/**
 * A draft out of the entry for an identifier, or out of the first entry. Null where there is none: arXiv answers 200 with an
 * empty feed, or with an entry called "Error".
 */
export function readArxivFeed(xml: string, id?: string): PaperDraft | null {
	const feed = parseDocument(xml, { xmlMode: true, decodeEntities: true });
	const entries = elements(feed.children, 'feed').flatMap(({ children }) => elements(children, 'entry'));
	for (const entry of entries) {
		const draft = draftOf(entry);
		if (draft && (id === undefined || draft.arxiv === id)) return draft;
	}
	return null;
}

function draftOf({ children }: Element): PaperDraft | null {
	const [, named = ''] = /arxiv\.org\/abs\/(.+)$/.exec(text(children, 'id')) ?? [];
	const arxiv = readArxiv(named);
	const title = oneLine(latexToText(text(children, 'title')), PAPER_LIMITS.title);
	if (!arxiv || title === undefined) return null;
	const doi = readDoi(text(children, 'arxiv:doi'));
	const journal = oneLine(text(children, 'arxiv:journal_ref'), PAPER_LIMITS.venue);
	const [category] = elements(children, 'arxiv:primary_category');
	const term = category?.attribs.term;
	const published = text(children, 'published').slice(0, 10);
	return compact<PaperDraft>({
		title,
		authors: authorList(
			elements(children, 'author').map((author) =>
				readName(mendEncoding(text(author.children, 'name')), {
					affiliations: elements(author.children, 'arxiv:affiliation').map((each) =>
						latexToText(textOf(each))
					)
				})
			)
		),
		type: journal !== undefined || doi?.kind === 'doi' ? 'article' : 'preprint',
		abstract: markdownOfLatex(text(children, 'summary'), PAPER_LIMITS.abstract),
		date: isDate(published) ? published : undefined,
		...journalOf(journal),
		doi: doi?.kind === 'doi' ? doi.id : undefined,
		arxiv: arxiv.id,
		arxivCategory: term !== undefined && /^[a-z-]+(\.[A-Za-z-]+)?$/.test(term) ? term : undefined,
		tags: tagsOf(elements(children, 'category').map(({ attribs }) => attribs.term))
	});
}

/** The parts of a reference that its author typed: `J. Chem. Phys. 115, 1626 (2001)`, `Phys.Rev.D76:013009,2007`; else all of it as the venue. */
function journalOf(reference: string | undefined): Pick<PaperDraft, 'venue' | 'volume' | 'pages'> {
	if (reference === undefined) return {};
	const [, venue, volume, pages] =
		/^([\p{L}][\p{L}\s.&'-]*?[\p{L}.]),?\s*(\d{1,4})\s*[,:]\s*([A-Z]?\d+(?:-[A-Z]?\d+)?)\s*,?\s*\(?\d{4}\)?$/u.exec(
			reference
		) ??
		/^([\p{L}][\p{L}\s.&'-]*?[\p{L}.]),?\s*(\d{1,4})\s*\(\d{4}\)\s*,?\s*([A-Z]?\d+(?:-[A-Z]?\d+)?)$/u.exec(
			reference
		) ??
		[];
	if (venue === undefined) return { venue: reference };
	const words = venue.replace(/\.(?=\p{L})/gu, '. ');
	return { venue: words, volume: volume!, pages: pages! };
}

function elements(nodes: ChildNode[], name: string): Element[] {
	return nodes.filter((node): node is Element => node.type === 'tag' && node.name === name);
}

/** The text of the first child of that name. */
function text(nodes: ChildNode[], name: string): string {
	const [element] = elements(nodes, name);
	return element ? textOf(element).trim() : '';
}

function textOf(node: ChildNode): string {
	if (node.type === 'text') return node.data;
	return 'children' in node ? node.children.map(textOf).join('') : '';
}
