/** What is in files of a repository, by `git cat-file`. */
import type { GitJail } from './git-jail.ts';
import { gitProblem } from './git-problem.ts';

interface Blob {
	oid: string;
}

/** The sizes of those that are here. The header of an object says it: nothing is unpacked. */
export async function sizesOf(
	jail: GitJail,
	blobs: readonly Blob[],
	deadline: number,
	{ maxBytes }: { maxBytes: number }
): Promise<Map<string, number>> {
	const oids = unique(blobs);
	const outcome = await jail.run(
		['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'],
		deadline,
		{
			input: oids.map((oid) => `${oid}\n`).join(''),
			maxOutput: 200 * oids.length + 1_000
		}
	);
	if (outcome.code !== 0) throw gitProblem(outcome, maxBytes);
	const sizes = new Map<string, number>();
	for (const line of outcome.stdout.toString('latin1').split('\n')) {
		const [, oid, size] = /^([0-9a-f]+) blob (\d+)$/.exec(line) ?? [];
		if (oid !== undefined) sizes.set(oid, Number(size));
	}
	return sizes;
}

/**
 * Gives the content of each, one after the other, each object once. None may be larger than `maxFileBytes`, and all together not
 * than `maxTotalBytes`: who asks knows their sizes before.
 */
export async function eachBlob(
	jail: GitJail,
	blobs: readonly Blob[],
	deadline: number,
	{
		maxBytes,
		maxFileBytes,
		maxTotalBytes
	}: { maxBytes: number; maxFileBytes: number; maxTotalBytes: number },
	take: (oid: string, content: Buffer) => void
): Promise<void> {
	const oids = unique(blobs);
	if (oids.length === 0) return;
	let taken = 0;
	let broken = false;
	let pending: Buffer[] = [];
	let bytes = 0;
	/** The object whose content comes: its bytes, and the line feed behind. */
	let current: { oid: string; size: number } | null = null;

	/** Takes so many bytes from what has come. */
	const cut = (count: number): Buffer => {
		const all = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
		pending = all.length > count ? [all.subarray(count)] : [];
		bytes -= count;
		return all.subarray(0, count);
	};
	const onOutput = (piece: Buffer): void => {
		pending.push(piece);
		bytes += piece.length;
		while (!broken) {
			if (current) {
				if (bytes < current.size + 1) return;
				take(current.oid, Buffer.from(cut(current.size + 1).subarray(0, current.size)));
				taken += 1;
				current = null;
			} else {
				const head = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
				pending = [head];
				const end = head.indexOf(10);
				if (end === -1) return;
				const [, oid, size] = /^([0-9a-f]+) blob (\d+)\n$/.exec(cut(end + 1).toString('latin1')) ?? [];
				if (oid === undefined || Number(size) > maxFileBytes) broken = true;
				else current = { oid, size: Number(size) };
			}
		}
	};
	const outcome = await jail.run(['cat-file', '--batch'], deadline, {
		input: oids.map((oid) => `${oid}\n`).join(''),
		maxOutput: maxTotalBytes + 100 * oids.length,
		onOutput
	});
	if (outcome.code !== 0 || broken || taken < oids.length) throw gitProblem(outcome, maxBytes);
}

function unique(blobs: readonly Blob[]): string[] {
	return [...new Set(blobs.map(({ oid }) => oid))];
}
