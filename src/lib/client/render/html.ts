/**
 * HTML that a kernel wrote. Plain markup (a table) is cleaned and becomes part of the page; whatever needs scripts,
 * styles, controls or drawings of its own goes to a sandboxed frame (see html-rules.ts). Routing only chooses how it
 * looks: the cleaner below removes everything dangerous whichever way the router errs.
 */
import DOMPurify, { type Config } from 'dompurify';
import { LEAVING, LINKS } from '#lib/render/html-rules.ts';

/**
 * Attributes that are addresses. `LINKS` is asked of these only (see the hook): as DOMPurify's `ALLOWED_URI_REGEXP` it would
 * be asked of every attribute and take `colspan` from tables and the drawn root from formulas.
 */
const ADDRESSES: ReadonlySet<string> = new Set([
	...[
		'href',
		'xlink:href',
		'src',
		'action',
		'formaction',
		'cite',
		'longdesc',
		'usemap',
		'poster',
		'data',
		'ping'
	],
	...[
		'profile',
		'manifest',
		'classid',
		'codebase',
		'archive',
		'lowsrc',
		'dynsrc',
		'altimg',
		'definitionurl',
		'srcdoc'
	]
]);

/** For what kernels and people wrote. */
const STRICT: Config = {
	USE_PROFILES: { html: true, mathMl: true },
	FORBID_TAGS: [
		'style',
		'form',
		'input',
		'button',
		'select',
		'textarea',
		'dialog',
		'video',
		'audio',
		'picture',
		'source'
	],
	FORBID_ATTR: ['style', 'id', 'name', 'srcset', 'background', 'slot', 'is', 'popover', 'popovertarget'],
	ALLOW_DATA_ATTR: false,
	ALLOW_ARIA_ATTR: false,
	SANITIZE_NAMED_PROPS: true
};

/** For what our own renderers made (markdown with html off, KaTeX): the lay-out of formulas needs styles and drawings. */
const RENDERED: Config = {
	USE_PROFILES: { html: true, mathMl: true, svg: true },
	FORBID_TAGS: [...STRICT.FORBID_TAGS!, 'use', 'foreignObject', 'image'],
	FORBID_ATTR: ['id', 'name', 'srcset', 'background'],
	ALLOW_DATA_ATTR: false,
	SANITIZE_NAMED_PROPS: true
};

let purifier: typeof DOMPurify | undefined;

/** Clean HTML: `strict` for anything from outside, `rendered` for the product of our own renderers. */
export function cleanHtml(html: string, profile: 'strict' | 'rendered'): string {
	purifier ??= withLinkHook();
	return purifier.sanitize(html, profile === 'strict' ? STRICT : RENDERED);
}

/** Addresses are of the few kinds above; links leave the page in a tab of their own and take nothing along. */
function withLinkHook(): typeof DOMPurify {
	const instance = DOMPurify(window);
	instance.addHook('uponSanitizeAttribute', (_node, attribute) => {
		if (ADDRESSES.has(attribute.attrName) && !LINKS.test(attribute.attrValue.trim()))
			attribute.keepAttr = false;
	});
	instance.addHook('afterSanitizeAttributes', (node) => {
		if (node.tagName !== 'A' || !node.hasAttribute('href') || node.getAttribute('href')!.startsWith('#'))
			return;
		for (const [name, value] of Object.entries(LEAVING)) node.setAttribute(name, value);
	});
	return instance;
}
