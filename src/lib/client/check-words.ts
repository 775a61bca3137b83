/** The words of the check list. */
import { CHECKS, type Check, type CheckLine } from '#lib/model/check-list.ts';

export const CHECK_WORDS: Record<Check, string> = {
	reachable: 'Reachable',
	'host-key': 'Host key',
	'sign-in': 'Sign-in',
	shell: 'Shell',
	python: 'Python',
	agent: 'Agent',
	kernels: 'Jupyter kernels',
	gpu: 'GPU',
	batch: 'Batch system',
	disk: 'Free disk'
};

export const CHECK_STATES: Record<CheckLine['state'], string> = {
	doing: 'looking',
	ok: 'good',
	warning: 'take care',
	failed: 'failed',
	none: 'none'
};

/** The list with one line put in or replaced, in the order in which things are looked at. */
export function withLine(lines: readonly CheckLine[], line: CheckLine): CheckLine[] {
	const place = ({ check, hop }: CheckLine): number => {
		// Hop by hop first, then the rest.
		const at = CHECKS.indexOf(check);
		return at < 3 ? (hop ?? 0) * 3 + at : 1000 + at;
	};
	return [...lines.filter((one) => place(one) !== place(line)), line].sort((a, b) => place(a) - place(b));
}
