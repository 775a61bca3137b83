import type { CellType } from '#lib/model/cell.ts';
import type { Run, RunState } from '#lib/model/run.ts';

const WORDS: Record<RunState, string> = {
	waiting: 'waiting for the kernel',
	queued: 'queued',
	running: 'running',
	done: 'finished',
	error: 'failed',
	cancelled: 'cancelled',
	interrupted: 'interrupted',
	lost: 'outcome unknown'
};

export function stateWord(state: RunState): string {
	return WORDS[state];
}

/** What a screen reader says on entering a cell: "Code cell 3, finished, 1 output". */
export function cellLabel(type: CellType, number: number, run: Run | null, stale: boolean): string {
	if (type !== 'code') return `${type === 'markdown' ? 'Text' : 'Raw'} cell ${number}`;
	const outputs = run?.outputs.length ?? 0;
	return [
		`Code cell ${number}`,
		run ? stateWord(run.state) : 'not run',
		stale && 'edited since it ran',
		outputs === 0 ? 'no output' : outputs === 1 ? '1 output' : `${outputs} outputs`
	]
		.filter(Boolean)
		.join(', ');
}

/** Whether the result shown belongs to another text than the one above it. */
export function isStale(run: Run | null, digest: string): boolean {
	return run !== null && run.sourceDigest !== '' && run.sourceDigest !== digest;
}
