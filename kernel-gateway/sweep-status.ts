import type { Json, JsonObject } from '#lib/model/json.ts';
import { SCHEDULERS } from '#lib/model/job.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { POINT_STATES, type PointStatus, type SweepStatus } from '#lib/model/sweep.ts';

/**
 * The agent's answer about a sweep, field by field: it comes from files on the workspace, which anybody of the account can change.
 * Throws ProblemError 502 `agent-answer` where it is none.
 */
export function readSweep(answer: JsonObject): SweepStatus {
	const { folder, title, scheduler, made, points } = answer;
	if (!Array.isArray(points)) throw damaged('points');
	return {
		folder: text(folder, 'folder'),
		title: text(title, 'title'),
		scheduler: one(SCHEDULERS, scheduler, 'scheduler'),
		made: number(made, 'made'),
		points: points.map(readPoint)
	};
}

function readPoint(value: Json): PointStatus {
	if (!isObject(value)) throw damaged('a point');
	const { name, parameters, state, job, node, words, cells, started, finished } = value;
	if (!isObject(parameters)) throw damaged('parameters');
	return {
		name: text(name, 'name'),
		parameters,
		state: one(POINT_STATES, state, 'state'),
		job: job === null ? null : text(job, 'job'),
		node: text(node, 'node'),
		words: text(words, 'words'),
		cells: isObject(cells) ? { done: number(cells.done, 'done'), all: number(cells.all, 'all') } : null,
		started: started === null ? null : number(started, 'started'),
		finished: finished === null ? null : number(finished, 'finished')
	};
}

function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json | undefined, name: string): string {
	if (typeof value !== 'string') throw damaged(name);
	return value;
}

function number(value: Json | undefined, name: string): number {
	if (typeof value !== 'number') throw damaged(name);
	return value;
}

function one<Word extends string>(words: readonly Word[], value: Json | undefined, name: string): Word {
	const found = words.find((word) => word === value);
	if (found === undefined) throw damaged(name);
	return found;
}

function damaged(name: string): ProblemError {
	return new ProblemError(502, {
		code: 'agent-answer',
		title: 'What the workspace says about these jobs cannot be read.',
		detail: `The field ${name} is not what it should be. The record of the jobs, sweep.json in their folder, may be damaged.`,
		remedy: 'Look at the notebooks in the folder: what has run is there.'
	});
}
