/** The variables of a kernel and the pages of a table among them, for kernels of the languages that we know. */
import type { KernelAnswer } from '#lib/model/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import type { KernelView } from '#lib/model/runtime-doc.ts';
import {
	emptyList,
	emptyPage,
	type TablePage,
	type Variable,
	type VariableList
} from '#lib/model/variables.ts';
import type { Ask } from './questions.ts';
import { readFilter } from './variables-filter.ts';
import { pythonQuestion } from './variables-python.ts';
import { rQuestion } from './variables-r.ts';

/** How long the kernel may take in all, and how long it may look through rows: longer where no cell waits for that. */
const PATIENCE_S = 15;
const SEARCH_S = { aside: 8, between: 3 };

/** What a look at the variables came to. */
type Look = { answer: JsonObject } | { busy: true } | { problem: Problem };
export type Looked = Pick<KernelView, 'language' | 'displayName' | 'state' | 'subshell'>;

/** All variables. `kernel` is null where none lives; the result says why a list is empty. */
export async function listVariables(ask: Ask, kernel: Looked | null): Promise<CommandResult> {
	const look = await lookAt(ask, kernel, { do: 'variables' });
	if (!('answer' in look)) return { variables: emptyList(look) };
	const { variables, left } = look.answer as unknown as Pick<VariableList, 'variables' | 'left'>;
	return { variables: { variables: variables satisfies Variable[], left, busy: false, problem: null } };
}

/** Rows `from`… of one variable, as it is asked for. */
export async function readTable(
	ask: Ask,
	kernel: Looked | null,
	command: Extract<RoomCommand, { do: 'table' }>
): Promise<CommandResult> {
	const { name, from, count, sort } = command;
	const r = isR(kernel?.language ?? '');
	const look = await lookAt(ask, kernel, {
		do: 'table',
		name,
		from,
		count,
		// R counts from 1.
		column: sort ? sort.column + (r ? 1 : 0) : null,
		descending: sort?.descending ?? false,
		filter: readFilter(command.filter ?? '') as JsonObject | null,
		seconds: kernel?.subshell ? SEARCH_S.aside : SEARCH_S.between
	});
	if (!('answer' in look)) return { table: emptyPage(name, look) };
	if (look.answer.gone === true) return { table: emptyPage(name, { problem: gone(name) }) };
	return {
		table: { ...(look.answer as unknown as Omit<TablePage, 'name'>), name, busy: false, problem: null }
	};
}

async function lookAt(ask: Ask, kernel: Looked | null, request: JsonObject): Promise<Look> {
	if (!kernel) return { problem: NO_KERNEL };
	const python = isPython(kernel.language);
	if (!python && !isR(kernel.language)) return { problem: unknownLanguage(kernel) };
	// Not behind a cell that has been sent a moment ago either: nobody waits that long.
	if (kernel.state === 'busy' && !kernel.subshell) return { busy: true };
	try {
		const text = python ? await askPython(ask, pythonQuestion(request)) : await askR(ask, request);
		const answer = text === null ? null : (JSON.parse(text) as JsonObject);
		if (answer === null || 'error' in answer) return { problem: failed(String(answer?.error ?? '')) };
		return { answer };
	} catch (error) {
		if (!(error instanceof ProblemError)) throw error;
		const { code } = error.problem;
		return code === 'agent-busy' || code === 'agent-timeout' ? { busy: true } : { problem: error.problem };
	}
}

/** The text that a Python kernel answers with; null where it failed. Refuses with ProblemError when it is busy or slow. */
export async function askPython(
	ask: Ask,
	{ code, expression }: { code: string; expression: string },
	seconds = PATIENCE_S
): Promise<string | null> {
	const request = { code, silent: true, user_expressions: { answer: expression } };
	const { content } = await execute(ask, request, seconds);
	const shown = asObject(asObject(asObject(content.user_expressions).answer).data)['text/plain'];
	return typeof shown === 'string' ? shown : null;
}

/** The same of an R kernel. */
export async function askR(ask: Ask, request: JsonObject, seconds = PATIENCE_S): Promise<string | null> {
	const mark = `<${newId()}>`;
	const question = { code: rQuestion(request, mark), silent: false, user_expressions: {} };
	const { outputs } = await execute(ask, question, seconds);
	const printed = outputs
		.map(({ content }) => (typeof content.text === 'string' ? content.text : ''))
		.join('');
	return printed.split(mark)[1] ?? null;
}

function execute(ask: Ask, content: JsonObject, seconds = PATIENCE_S): Promise<KernelAnswer> {
	return ask({
		msgType: 'execute_request',
		// `allow_stdin`, though nothing asks: ipykernel keeps it for all its threads, and the cell that runs may ask.
		content: { ...content, store_history: false, allow_stdin: true, stop_on_error: false },
		seconds
	});
}

export function isPython(language: string): boolean {
	return /^i?python\d?$/i.test(language);
}

export function isR(language: string): boolean {
	return language.toLowerCase() === 'r';
}

function asObject(value: unknown): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

const NO_KERNEL: Problem = {
	code: 'no-kernel',
	title: 'No kernel is running.',
	remedy: 'Run a cell to start one.'
};

function unknownLanguage({ displayName, language }: Looked): Problem {
	return {
		code: 'variables-language',
		title: `The variables of ${displayName || 'this kernel'} cannot be listed.`,
		detail: `This works for Python and R, not for ${language || 'its language'}.`,
		remedy: 'Print what you want to see in a cell.'
	};
}

function failed(what: string): Problem {
	return {
		code: 'variables-failed',
		title: 'The kernel could not tell about its variables.',
		detail: what === '' ? 'It gave no answer.' : what,
		remedy: 'They may have changed meanwhile: try again.'
	};
}

function gone(name: string): Problem {
	return {
		code: 'variable-gone',
		title: `${name} is no table any more.`,
		detail: 'It was deleted, or something else has that name now.',
		remedy: 'Look at the list of variables.'
	};
}
