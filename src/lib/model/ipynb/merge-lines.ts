/** Three-way merge of texts by lines. */

/** Lines `from` … `to` (exclusive) become `lines`. */
export interface LineEdit {
	from: number;
	to: number;
	lines: string[];
}

/** A table of more entries than this is not made: what lies between equal ends counts as one change. */
const LARGEST_TABLE = 4_000_000;

/** What turns `a` into `b`, from top to bottom, by the longest common subsequence. */
export function lineEdits(a: readonly string[], b: readonly string[]): LineEdit[] {
	let start = 0;
	while (start < a.length && start < b.length && a[start] === b[start]) start++;
	let [endA, endB] = [a.length, b.length];
	while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
		endA--;
		endB--;
	}
	const [rows, columns] = [endA - start, endB - start];
	if (rows === 0 && columns === 0) return [];
	if (rows === 0 || columns === 0 || rows * columns > LARGEST_TABLE)
		return [{ from: start, to: endA, lines: b.slice(start, endB) }];
	const width = columns + 1;
	const table = new Uint32Array((rows + 1) * width);
	for (let i = rows - 1; i >= 0; i--) {
		for (let j = columns - 1; j >= 0; j--) {
			table[i * width + j] =
				a[start + i] === b[start + j]
					? table[(i + 1) * width + j + 1]! + 1
					: Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
		}
	}
	const edits: LineEdit[] = [];
	let open: LineEdit | null = null;
	for (let i = 0, j = 0; i < rows || j < columns;) {
		if (i < rows && j < columns && a[start + i] === b[start + j]) {
			open = null;
			i++;
			j++;
			continue;
		}
		if (!open) edits.push((open = { from: start + i, to: start + i, lines: [] }));
		if (j >= columns || (i < rows && table[(i + 1) * width + j]! >= table[i * width + j + 1]!)) {
			i++;
			open.to++;
		} else open.lines.push(b[start + j++]!);
	}
	return edits;
}

/**
 * What of the way from `base` to `theirs` is still to be done in `ours`, in line numbers of `ours`; null where both sides
 * changed the same lines, each in its own way.
 */
export function mergeLines(
	base: readonly string[],
	ours: readonly string[],
	theirs: readonly string[]
): LineEdit[] | null {
	const mine = lineEdits(base, ours);
	const wanted: LineEdit[] = [];
	for (const edit of lineEdits(base, theirs)) {
		if (mine.some((other) => sameEdit(edit, other))) continue;
		if (mine.some((other) => clash(edit, other))) return null;
		const shift = mine
			.filter((other) => other.to <= edit.from)
			.reduce((sum, { from, to, lines }) => sum + lines.length - (to - from), 0);
		wanted.push({ from: edit.from + shift, to: edit.to + shift, lines: edit.lines });
	}
	return wanted;
}

function sameEdit(a: LineEdit, b: LineEdit): boolean {
	return (
		a.from === b.from &&
		a.to === b.to &&
		a.lines.length === b.lines.length &&
		a.lines.every((line, at) => line === b.lines[at])
	);
}

/** Both touch a line of the base, or both put something at the same place. */
function clash(a: LineEdit, b: LineEdit): boolean {
	if (a.from === b.from && (a.to === a.from) === (b.to === b.from)) return true;
	return a.from < b.to && b.from < a.to;
}
