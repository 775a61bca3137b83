/** What people paste to name a paper or a person: DOIs, arXiv and INSPIRE identifiers, ORCID iDs, in all their usual spellings. */

export type Identifier =
	/** In lower case: DOIs are compared without case (DOI handbook, 2.4). */
	| { kind: 'doi'; id: string }
	/** Without the version, which is null where none was named. */
	| { kind: 'arxiv'; id: string; version: number | null }
	/** The number of a record. */
	| { kind: 'inspire'; id: string }
	/** INSPIRE's key for citations, as in `Aad:2012tfa`. */
	| { kind: 'texkey'; id: string };

/** The most characters that are looked at. */
const MOST = 2_000;

/**
 * What a pasted text names; null where it is none of these. An arXiv DOI (`10.48550/arXiv.…`) is the arXiv identifier, and
 * a bare number is a record of INSPIRE.
 */
export function readIdentifier(text: string): Identifier | null {
	const pasted = text.trim().replace(/^<(.*)>$/s, '$1');
	if (pasted === '' || pasted.length > MOST) return null;
	return (
		readUrl(pasted) ?? readLabelled(pasted) ?? readDoi(pasted) ?? readArxiv(pasted) ?? readInspire(pasted)
	);
}

/** `https://…`, or without a scheme where the host is one that we know. */
function readUrl(text: string): Identifier | null {
	const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
	if (!/^https?:\/\/[\w-]+(\.[\w-]+)+\//i.test(address) || !URL.canParse(address)) return null;
	const { hostname, pathname, hash, searchParams } = new URL(address);
	const host = hostname.replace(/^(www|dx)\./, '');
	const path = decode(pathname.slice(1));
	if (host === 'doi.org' || host === 'hdl.handle.net') return readDoi(path);
	if (host === 'arxiv.org' || host.endsWith('.arxiv.org')) {
		const [, id] = /^(?:abs|pdf|html|format|src|e-print|ps|u)\/(.+?)(?:\.pdf)?\/?$/.exec(path) ?? [];
		return id === undefined ? null : readArxiv(id);
	}
	if (host === 'alphaxiv.org') return readArxiv(path.replace(/^(abs|overview)\//, ''));
	if (host === 'inspirehep.net' || host.endsWith('.inspirehep.net')) {
		const [, kind, id] = /^(?:api\/)?(literature|record|doi|arxiv)\/([^?#]+?)\/?$/.exec(path) ?? [];
		if (kind === 'doi') return readDoi(id!);
		if (kind === 'arxiv') return readArxiv(id!);
		if (id !== undefined) return readInspire(id.split('/')[0]!);
		const [, key] = /texkeys?[:\s]+"?([^"\s]+)/i.exec(searchParams.get('q') ?? '') ?? [];
		return key === undefined ? null : readInspire(key);
	}
	// pages of publishers carry the DOI in the path, or after a hash
	const [doi] = /10\.\d{4,9}\/[^\s?#]+/.exec(`${path}${decode(hash)}`) ?? [];
	return doi === undefined
		? null
		: readDoi(doi.replace(/\/(full|pdf|epdf|abstract|meta|summary|html)$/i, ''));
}

/** `doi:10.…`, `arXiv:1207.7214`, `INSPIRE: 1124337`, `texkey:Aad:2012tfa`. */
function readLabelled(text: string): Identifier | null {
	const [, label, rest] =
		/^(doi|info:doi\/|urn:doi|arxiv|eprint|inspire(?:-?hep)?|recid|texkey)\s*[:=/]?\s*(.+)$/is.exec(text) ??
		[];
	if (label === undefined || rest === undefined) return null;
	const kind = label.toLowerCase();
	if (kind.includes('doi')) return readDoi(rest.replace(/^:?\s*/, ''));
	if (kind === 'arxiv' || kind === 'eprint') return readArxiv(rest);
	return readInspire(rest);
}

/** A DOI by itself; the dot or bracket of a sentence at its end is not part of it. */
export function readDoi(text: string): Identifier | null {
	const [found] = /^10\.\d{4,9}(?:\.\d+)*\/[^\s\p{Cc}]+/u.exec(text.trim()) ?? [];
	if (found === undefined) return null;
	let doi = found.replace(/[.,;:"'”’]+$/, '');
	// brackets belong to it where they are in pairs (10.1016/0370-2693(76)90150-7)
	while (/[)\]}>]$/.test(doi) && !isPaired(doi)) doi = doi.slice(0, -1).replace(/[.,;:]+$/, '');
	if (/^10\.[\d.]+\/$/.test(doi) || doi.length > 300) return null;
	const [, arxiv] = /^10\.48550\/arxiv\.(.+)$/i.exec(doi) ?? [];
	return (arxiv !== undefined && readArxiv(arxiv)) || { kind: 'doi', id: doi.toLowerCase() };
}

/**
 * An arXiv identifier by itself: `1207.7214`, `2301.00001v2`, `hep-ex/0406020v1`, `math.GT/0309136`, also with its category
 * behind it in brackets. Source: arXiv's "Understanding the arXiv identifier".
 */
export function readArxiv(text: string): Identifier | null {
	const bare = text.trim().replace(/\s*\[[\w.-]+\]$/, '');
	const [, id, version] =
		/^(?:arxiv:)?(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})(?:v([1-9]\d{0,2}))?$/i.exec(bare) ??
		/^(?:arxiv:)?([a-z]{1,10}(?:-[a-z]{2,4})?(?:\.[a-z]{2})?\/\d{2}(?:0[1-9]|1[0-2])\d{3})(?:v([1-9]\d{0,2}))?$/i.exec(
			bare
		) ??
		[];
	if (id === undefined) return null;
	// identifiers have five digits behind the dot since January 2015
	if (/^\d{4}\.\d{4}$/.test(id) && Number(id.slice(0, 4)) >= 1501) return null;
	if (/^\d{4}\.\d{5}$/.test(id) && Number(id.slice(0, 4)) < 1501) return null;
	// the class behind the dot is no part of the old identifiers
	const short = id.toLowerCase().replace(/\.[a-z]{2}\//, '/');
	return { kind: 'arxiv', id: short, version: version ? Number(version) : null };
}

/** A record of INSPIRE by its number, or by its key for citations. */
function readInspire(text: string): Identifier | null {
	const bare = text.trim();
	if (/^[1-9]\d{0,8}$/.test(bare)) return { kind: 'inspire', id: bare };
	return /^[\p{L}\w.'-]{1,80}:\d{4}[a-z]{2,4}$/u.test(bare) ? { kind: 'texkey', id: bare } : null;
}

/** Where an identifier leads. */
export function identifierUrl({ kind, id }: Pick<Identifier, 'kind' | 'id'>): string {
	const path = id.split('/').map(encodeURIComponent).join('/');
	if (kind === 'doi') return `https://doi.org/${path}`;
	if (kind === 'arxiv') return `https://arxiv.org/abs/${path}`;
	if (kind === 'inspire') return `https://inspirehep.net/literature/${path}`;
	return `https://inspirehep.net/literature?q=${encodeURIComponent(`texkey:${id}`)}`;
}

/** An ORCID iD out of what people paste: with or without the address, hyphens or blanks. Undefined where the check digit is wrong. */
export function readOrcid(text: string): string | undefined {
	const [, rest] =
		/^(?:https?:\/\/)?(?:www\.)?(?:sandbox\.)?(?:orcid\.org\/|orcid:\s*)?(.+?)\/?$/i.exec(text.trim()) ?? [];
	const digits = (rest ?? '').replace(/[\s\u2010-\u2015-]/g, '').toUpperCase();
	if (!/^\d{15}[\dX]$/.test(digits)) return undefined;
	const orcid = digits.replace(/(.{4})(?=.)/g, '$1-');
	return isOrcid(orcid) ? orcid : undefined;
}

/** Whether a text is an ORCID iD in its usual spelling with the right check digit (ISO 7064, MOD 11-2). */
export function isOrcid(text: string): boolean {
	if (!/^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/.test(text)) return false;
	let total = 0;
	for (const digit of text.slice(0, -1).replaceAll('-', '')) total = ((total + Number(digit)) * 2) % 11;
	const check = (12 - total) % 11;
	return text.endsWith(check === 10 ? 'X' : String(check));
}

function isPaired(text: string): boolean {
	const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
	return (
		count(/\(/g) === count(/\)/g) &&
		count(/\[/g) === count(/\]/g) &&
		count(/\{/g) === count(/\}/g) &&
		count(/</g) === count(/>/g)
	);
}

function decode(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}
