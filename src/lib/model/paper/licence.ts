/** Licences by their SPDX identifier, and the ways in which services name them. */
import ids from 'spdx-license-ids/index.json' with { type: 'json' };

const BY_LOWER_CASE = new Map(ids.map((id) => [id.toLowerCase(), id]));

/**
 * Whether a text is an SPDX licence expression (SPDX 2.3, annex D) of identifiers on SPDX's list. Exceptions after WITH and
 * names that start with `LicenseRef-` are taken as they are.
 */
export function isLicence(text: string): boolean {
	const words = text.replace(/[()]/g, ' $& ').trim().split(/\s+/);
	let depth = 0;
	// what comes next: a licence (or an opening bracket), or something that joins two
	let wantsLicence = true;
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at]!;
		if (wantsLicence) {
			if (word === '(') depth += 1;
			else if (isOne(word)) wantsLicence = false;
			else return false;
		} else if (word === ')') {
			depth -= 1;
			if (depth < 0) return false;
		} else if (word === 'AND' || word === 'OR') wantsLicence = true;
		else if (word === 'WITH' && /^[A-Za-z0-9.-]+$/.test(words[at + 1] ?? '')) at += 1;
		else return false;
	}
	return depth === 0 && !wantsLicence;
}

function isOne(word: string): boolean {
	const id = word.replace(/\+$/, '');
	return BY_LOWER_CASE.get(id.toLowerCase()) === id || /^LicenseRef-[A-Za-z0-9.-]+$/.test(word);
}

/**
 * The SPDX identifier for what a service or a file says: an identifier in any case, or the address of a licence's text.
 * Undefined where it is none that SPDX lists (as arXiv's own licence to distribute).
 */
export function readLicence(text: string): string | undefined {
	const bare = text.trim();
	const listed = BY_LOWER_CASE.get(bare.toLowerCase());
	if (listed) return listed;
	if (isLicence(bare)) return bare;
	const [, kind, version] =
		/creativecommons\.org\/licen[sc]es\/([a-z-]+)\/(\d\.\d)(?:\/|$)/i.exec(bare) ??
		/^cc[ -](by(?:-(?:nc-sa|nc-nd|nc|sa|nd))?)(?:[ -]v?(\d\.\d))?$/i.exec(bare) ??
		[];
	if (kind) return BY_LOWER_CASE.get(`cc-${kind}-${version ?? '4.0'}`.toLowerCase());
	if (/creativecommons\.org\/publicdomain\/zero\/1\.0/i.test(bare) || /^cc-?0$/i.test(bare)) return 'CC0-1.0';
	const [, name] = /opensource\.org\/licenses?\/([A-Za-z0-9.-]+)/.exec(bare) ?? [];
	if (name) return BY_LOWER_CASE.get(name.toLowerCase());
	if (/apache\.org\/licenses\/LICENSE-2\.0/i.test(bare)) return 'Apache-2.0';
	return undefined;
}
