/** Descriptions with markup (`description_allow_html`): inline markup and formulas, no script, no address but a picture's. */
import DOMPurify from 'dompurify';

const INLINE = {
	ALLOWED_TAGS: [
		'a',
		'abbr',
		'b',
		'code',
		'em',
		'i',
		'img',
		'li',
		'ol',
		'span',
		'strong',
		'sub',
		'sup',
		'ul'
	],
	ALLOWED_ATTR: ['class', 'href', 'src', 'style', 'title']
};

export function sanitizeInline(source: string): string {
	return DOMPurify.sanitize(source, INLINE);
}

/** Stands where Jupyter's manager imports sanitize-html, which would be as large as all controls together. */
export default sanitizeInline;
