/**
 * The filter of a table: a text looked for in every cell, or `column op value`. Nothing of it is ever evaluated.
 *
 *     higgs            some cell contains “higgs”, in capitals or not
 *     mass > 125       a number compares as a number, anything else as text
 *     "m ~ x" ~ abc    a column with signs in its name stands in quotes; ~ is “contains”
 *     mass == null     a missing value; != null: one that is there
 */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | '~';

export interface TableFilter {
	/** The whole, for a table that has no such column. */
	text: string;
	column: string | null;
	op: Comparison | null;
	value: string | null;
	/** The value as a number, where it is one. */
	number: number | null;
	/** The value stands for a missing one. */
	missing: boolean;
}

const QUOTED = /^\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)\s*(==|!=|<=|>=|=|<|>|~)(.*)$/s;
const PLAIN = /^\s*([^=!<>~"`]+?)\s*(==|!=|<=|>=|=|<|>|~)(.*)$/s;

/** Read a filter; null when there is nothing in it. */
export function readFilter(source: string): TableFilter | null {
	const text = source.trim();
	if (text === '') return null;
	const quoted = QUOTED.exec(text);
	const match = quoted ?? PLAIN.exec(text);
	const none = { text, column: null, op: null, value: null, number: null, missing: false };
	if (!match) return none;
	const column = quoted ? (quoted[1] === undefined ? quoted[2]! : unquote(quoted[1])) : match[1]!;
	const sign = (quoted ? quoted[3] : match[2]) as Comparison | '=';
	const written = ((quoted ? quoted[4] : match[3]) ?? '').trim();
	const inQuotes = /^(["'])(.*)\1$/s.exec(written);
	const value = inQuotes ? inQuotes[2]! : written;
	// Half a comparison, while it is being typed, filters nothing out.
	if (value === '' && !inQuotes) return none;
	const number = !inQuotes && /^[-+]?(\d[\d_]*\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value);
	return {
		text,
		column,
		op: sign === '=' ? '==' : sign,
		value,
		number: number ? Number(value.replaceAll('_', '')) : null,
		missing: !inQuotes && /^(null|none|nan|na|nat)$/i.test(value)
	};
}

/** What stands in double quotes, with JSON's escapes. */
function unquote(inner: string): string {
	try {
		return JSON.parse(`"${inner}"`) as string;
	} catch {
		return inner;
	}
}
