/**
 * HTML from outside made fit for our page, on the server: the rules of the notebook's own cleaner (client/render/html.ts,
 * DOMPurify, which needs a browser) for sanitize-html. Every tag and attribute that comes out stands in a list below, and
 * no element whose content is raw text is among them: whatever a browser makes of the result, it finds no other tags.
 */
import sanitize from 'sanitize-html';
import { LEAVING, LINKS } from '#lib/render/html-rules.ts';

const TEXT =
	'a abbr acronym address article aside b bdi bdo big blockquote br center cite code dd del dfn div dl dt em figcaption figure ' +
	'font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li main mark nav nobr ol p pre q rp rt ruby s samp section ' +
	'small span strike strong sub sup time tt u ul var wbr details summary';
const TABLE = 'table caption colgroup col thead tbody tfoot tr th td';
const MATHML =
	'math menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt ' +
	'mstyle msub msubsup msup mtable mtd mtext mtr munder munderover';
const words = (text: string): string[] => text.split(' ');

/** Out of date, but easy to say in today's words; the others of their kind keep their text alone. */
const MODERN: Record<string, string> = {
	...{ acronym: 'abbr', strike: 's', tt: 'code', big: 'span', center: 'div', font: 'span', nobr: 'span' },
	// Landmarks and headings of an output are none of the page.
	...{ article: 'div', aside: 'div', footer: 'div', header: 'div', hgroup: 'div', main: 'div', nav: 'div' },
	...{ section: 'div', address: 'div' },
	...{ h1: 'p', h2: 'p', h3: 'p', h4: 'p', h5: 'p', h6: 'p' }
};

const MATH_ATTRIBUTES = words(
	'accent accentunder columnalign columnlines columnspacing columnspan depth display displaystyle fence height linethickness lspace ' +
		'mathvariant maxsize minsize movablelimits notation rowalign rowlines rowspacing rowspan rspace scriptlevel separator ' +
		'stretchy symmetric voffset width xmlns'
);

const ATTRIBUTES: Record<string, string[]> = {
	'*': ['class', 'title', 'lang', 'dir'],
	a: ['href', 'target', 'rel'],
	img: ['src', 'alt', 'width', 'height', 'loading'],
	...Object.fromEntries(['th', 'td'].map((tag) => [tag, ['colspan', 'rowspan', 'scope']])),
	...Object.fromEntries(['col', 'colgroup'].map((tag) => [tag, ['span']])),
	...{ ol: ['start', 'reversed'], li: ['value'], details: ['open'], time: ['datetime'] },
	...Object.fromEntries(words(MATHML).map((tag) => [tag, MATH_ATTRIBUTES]))
};

/** All that can come out of `cleanStrict`, for the test that holds it against the notebook's cleaner. */
export const ALLOWED = {
	tags: [...words(TEXT), ...words(TABLE), ...words(MATHML)],
	attributes: [...new Set(Object.values(ATTRIBUTES).flat())]
};

/** For what kernels and people wrote: tables, text, formulas and pictures out of data. */
export function cleanStrict(html: string): string {
	let section: 'col' | 'row' = 'col';
	return asHtml(
		sanitize(html, {
			allowedTags: ALLOWED.tags,
			allowedAttributes: ATTRIBUTES,
			...ADDRESSES,
			transformTags: {
				...Object.fromEntries(
					Object.entries(MODERN).map(([old, now]) => [
						old,
						(_: string, attribs: sanitize.Attributes) => ({ tagName: now, attribs: plain(old, attribs) })
					])
				),
				table: (tagName, attribs) => ({ tagName, attribs: ((section = 'col'), attribs) }),
				thead: (tagName, attribs) => ({ tagName, attribs: ((section = 'col'), attribs) }),
				tbody: (tagName, attribs) => ({ tagName, attribs: ((section = 'row'), attribs) }),
				th: (tagName, attribs) => ({ tagName, attribs: { scope: section, ...cell(attribs) } }),
				td: (tagName, { scope: _, ...attribs }) => ({ tagName, attribs: cell(attribs) }),
				a: link,
				img: (tagName, attribs) => picture(tagName, attribs, false)
			}
		})
	);
}

/** For what our own renderers made (Markdown with HTML off, KaTeX, terminal colours): lay-out needs styles and drawings. */
export function cleanRendered(html: string): string {
	return asHtml(
		sanitize(html, {
			allowedTags: [
				...words(TEXT),
				...words(TABLE),
				...words(MATHML),
				...words('semantics annotation svg path line g')
			],
			allowedAttributes: {
				'*': ['class', 'style', 'title', 'aria-hidden'],
				a: ['href', 'target', 'rel', 'title'],
				img: ['src', 'alt', 'width', 'height', 'loading'],
				...Object.fromEntries(words('h1 h2 h3 h4 h5 h6').map((tag) => [tag, ['id']])),
				...{ ol: ['start'], th: ['style', 'scope'], annotation: ['encoding'] },
				...Object.fromEntries(words(MATHML).map((tag) => [tag, MATH_ATTRIBUTES])),
				svg: words('xmlns width height viewBox preserveAspectRatio'),
				...{ path: ['d'], line: words('x1 x2 y1 y2 stroke-width') }
			},
			...ADDRESSES,
			// Our own renderers' styles; filtering them would take every length of a formula apart.
			parseStyleAttributes: false,
			// Drawings are XML: their attributes have capitals.
			parser: { lowerCaseAttributeNames: false },
			transformTags: {
				a: link,
				img: (tagName, attribs) => picture(tagName, attribs, true),
				th: (tagName, attribs) => ({ tagName, attribs: { scope: 'col', ...attribs } })
			}
		})
	);
}

/** Void elements as HTML writes them; text and attributes hold no bare `>`. */
function asHtml(clean: string): string {
	return clean.replaceAll(' />', '>');
}

/** Schemes are asked by `link` and `picture`, with the notebook's own rule. */
const ADDRESSES: sanitize.IOptions = {
	allowedSchemes: ['http', 'https', 'mailto', 'data'],
	allowProtocolRelative: false,
	disallowedTagsMode: 'discard',
	enforceHtmlBoundary: false,
	nestingLimit: 200
};

function link(tagName: string, { href, ...attribs }: sanitize.Attributes): sanitize.Tag {
	const to = href?.trim() ?? '';
	const known = (LINKS.test(to) && !/^data:/i.test(to)) || isPath(to);
	if (!known) return { tagName: 'span', attribs: only(attribs, ['class', 'title']) };
	return {
		tagName,
		attribs: {
			...only(attribs, ['class', 'title']),
			href: to,
			...(to.startsWith('#') ? {} : LEAVING)
		}
	};
}

/** An address of this site: a path from its root. */
export function isPath(url: string): boolean {
	return /^\/(?![/\\])/.test(url);
}

/** `paths`: whether it may be a path of this site, which only our own renderers may say. */
function picture(tagName: string, { src, ...attribs }: sanitize.Attributes, paths: boolean): sanitize.Tag {
	const from = src?.trim() ?? '';
	const size = Object.fromEntries(
		Object.entries(only(attribs, ['width', 'height'])).filter(([, value]) => /^\d{1,5}$/.test(value))
	);
	// A picture from elsewhere would tell its server who reads.
	if (!(/^data:/i.test(from) && LINKS.test(from)) && !(paths && isPath(from)))
		return { tagName: 'span', attribs: {}, text: attribs.alt ?? '' };
	return {
		tagName,
		attribs: {
			...only(attribs, ['class', 'title']),
			...size,
			src: from,
			alt: attribs.alt ?? '',
			loading: 'lazy'
		}
	};
}

/** `align`, out of date, becomes a class; spans of cells are numbers. */
function cell({ align, colspan, rowspan, ...attribs }: sanitize.Attributes): sanitize.Attributes {
	const spans = Object.entries({ colspan, rowspan }).filter(
		(entry): entry is [string, string] => entry[1] !== undefined && /^[1-9]\d{0,3}$/.test(entry[1])
	);
	const to = /^(left|right|center)$/i.exec(align ?? '')?.[0];
	const classes = [attribs.class, to && `to-${to.toLowerCase()}`].filter(Boolean).join(' ');
	return { ...attribs, ...(classes ? { class: classes } : {}), ...Object.fromEntries(spans) };
}

function plain(old: string, attribs: sanitize.Attributes): sanitize.Attributes {
	return /^h[1-6]$/.test(old) ? { ...attribs, class: 'heading' } : attribs;
}

function only(attribs: sanitize.Attributes, names: string[]): sanitize.Attributes {
	return Object.fromEntries(Object.entries(attribs).filter(([name]) => names.includes(name)));
}
