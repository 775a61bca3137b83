/** Atom as RFC 4287 wants it, read by saxes, which is strict: what is wrong with a feed, in words. */
import { SaxesParser } from 'saxes';

const ATOM = 'http://www.w3.org/2005/Atom';
/** RFC 3339, as section 3.3 narrows it: capitals, and a time zone. */
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export interface XmlNode {
	name: string;
	space: string;
	attributes: Record<string, string>;
	children: XmlNode[];
	text: string;
}

/** The root of a document. Throws where it is not well-formed. */
export function readXml(text: string): XmlNode {
	const parser = new SaxesParser({ xmlns: true });
	const root: XmlNode = { name: '', space: '', attributes: {}, children: [], text: '' };
	const stack = [root];
	parser.on('error', (error) => {
		throw error;
	});
	parser.on('opentag', ({ local, uri, attributes }) => {
		const values = Object.entries(attributes).map(([name, one]) => [name, one.value]);
		const node = { name: local, space: uri, attributes: Object.fromEntries(values), children: [], text: '' };
		stack.at(-1)!.children.push(node);
		stack.push(node);
	});
	parser.on('text', (part) => (stack.at(-1)!.text += part));
	parser.on('closetag', () => stack.pop());
	parser.write(text).close();
	return root.children[0]!;
}

/** What a reader of feeds would have against it; nothing for a valid feed. */
export function atomFaults(text: string): string[] {
	const feed = readXml(text);
	const faults: string[] = [];
	if (feed.name !== 'feed' || feed.space !== ATOM) return ['the root is no atom:feed'];
	const entries = all(feed, 'entry');
	for (const [node, where] of [
		[feed, 'feed'] as const,
		...entries.map((entry, n) => [entry, `entry ${n}`] as const)
	]) {
		// sections 4.1.1 and 4.1.2: exactly one of each
		for (const name of ['id', 'title', 'updated'])
			if (all(node, name).length !== 1) faults.push(`${where} has ${all(node, name).length} ${name}`);
		if (!URL.canParse(all(node, 'id')[0]?.text ?? '')) faults.push(`${where}: the id is no IRI`);
		for (const name of ['updated', 'published'])
			for (const { text: date } of all(node, name))
				if (!DATE.test(date) || Number.isNaN(Date.parse(date))) faults.push(`${where}: ${name} is ${date}`);
		for (const { text: date } of all(node, 'published'))
			if (Date.parse(date) > Date.parse(all(node, 'updated')[0]!.text))
				faults.push(`${where} was updated before it was published`);
		const links = all(node, 'link').map(({ attributes }) => attributes);
		for (const link of links)
			if (!URL.canParse(link.href ?? '')) faults.push(`${where}: a link without href`);
		// not two alternates of one type and language
		const alternates = links
			.filter(({ rel = 'alternate' }) => rel === 'alternate')
			.map(({ type, hreflang }) => `${type} ${hreflang}`);
		if (new Set(alternates).size < alternates.length) faults.push(`${where} has two alternates of one kind`);
		for (const { attributes } of [...all(node, 'title'), ...all(node, 'summary')])
			if (attributes.type === 'html' || attributes.type === 'xhtml') faults.push(`${where} holds markup`);
		if (all(node, 'summary').length > 1) faults.push(`${where} has two summaries`);
		for (const { attributes } of all(node, 'category'))
			if (!attributes.term) faults.push(`${where}: a category without term`);
	}
	// an author in each entry, unless the feed has one
	if (all(feed, 'author').length === 0)
		for (const [n, entry] of entries.entries())
			if (all(entry, 'author').length === 0) faults.push(`entry ${n} has no author`);
	for (const author of entries.flatMap((entry) => all(entry, 'author')))
		if (all(author, 'name').length !== 1 || all(author, 'name')[0]!.text.trim() === '')
			faults.push('an author without a name');
	const ids = entries.map((entry) => all(entry, 'id')[0]?.text);
	if (new Set(ids).size < ids.length) faults.push('two entries of one id');
	return faults;
}

export function all(node: XmlNode, name: string): XmlNode[] {
	return node.children.filter((child) => child.name === name && child.space === node.space);
}
