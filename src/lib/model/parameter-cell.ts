/**
 * The cell that sets parameters: JSON values as the kernel's language writes them, after papermill's translators
 * (papermill/translators.py), with what those leave out: `$` in Julia's strings, whole numbers where a fraction is meant.
 */
import type { Cell } from './cell.ts';
import { newId } from './ids.ts';
import type { Json } from './json.ts';
import {
	INJECTED_TAG,
	PARAMETERS_TAG,
	notebookParameters,
	parameterLanguage,
	taggedCell,
	type Parameter,
	type ParameterLanguage
} from './parameters.ts';
import { ProblemError } from './problem.ts';

const NAMES: Record<ParameterLanguage, RegExp> = {
	python: /^[\p{L}_][\p{L}\p{N}_]*$/u,
	r: /^(?:\p{L}|\.(?!\p{N}))[\p{L}\p{N}._]*$/u,
	julia: /^[\p{L}_][\p{L}\p{N}_!]*$/u,
	bash: /^[A-Za-z_]\w*$/
};

/**
 * The cells with the parameters set: in the cell tagged `injected-parameters` where there is one, else in a new one behind the
 * cell tagged `parameters`, else in front of all. Without parameters they stay as they are. Throws as `parameterSource`.
 */
export function injectParameters(
	cells: readonly Cell[],
	parameters: Record<string, Json>,
	language: string
): Cell[] {
	if (Object.keys(parameters).length === 0) return [...cells];
	const source = parameterSource(parameters, language, notebookParameters(cells, language));
	const former = taggedCell(cells, INJECTED_TAG);
	if (former) return cells.map((cell) => (cell === former ? { ...cell, source } : cell));
	const at = cells.indexOf(taggedCell(cells, PARAMETERS_TAG)!) + 1;
	const cell: Cell = { id: newId(), type: 'code', source, metadata: { tags: [INJECTED_TAG] } };
	return [...cells.slice(0, at), cell, ...cells.slice(at)];
}

/**
 * Assignments of the values in a language. `defaults`: where a default is a number with a point, whole numbers get one too.
 * Throws ProblemError 409 `parameters-language` for a language that is not known here, 400 `parameter-invalid` for what it
 * cannot say.
 */
export function parameterSource(
	parameters: Record<string, Json>,
	language: string,
	defaults: readonly Parameter[] = []
): string {
	const known = parameterLanguage(language);
	if (known === null) {
		throw new ProblemError(409, {
			code: 'parameters-language',
			title: `Parameters cannot be set in ${language || 'this language'}.`,
			detail: 'They can in Python, R, Julia and bash.',
			remedy: 'Send the notebook without parameters, or choose another kernel.'
		});
	}
	const lines = Object.entries(parameters).map(([name, value]) => {
		if (!NAMES[known].test(name)) throw invalid(name, `That is no name of a variable in ${known}.`);
		const fraction = isFraction(defaults.find((parameter) => parameter.name === name));
		return `${name}${known === 'bash' ? '=' : ' = '}${WRITERS[known](value, name, fraction)}`;
	});
	return ['# Parameters', ...lines].join('\n');
}

function isFraction(parameter: Parameter | undefined): boolean {
	if (!parameter) return false;
	return (
		/^(?:float|Float64)$/.test(parameter.type) ||
		/^-?\d*(?:\.\d*(?:e[+-]?\d+)?|e[+-]?\d+)$/i.test(parameter.text)
	);
}

type Writer = (value: Json, name: string, fraction: boolean) => string;

function number(value: number, fraction: boolean): string {
	const text = String(value);
	return fraction && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** In double quotes, with escapes that Python, R and Julia all read. */
function quoted(text: string): string {
	return `"${text
		.replaceAll('\\', '\\\\')
		.replaceAll('"', '\\"')
		.replaceAll('\n', '\\n')
		.replaceAll('\r', '\\r')
		.replaceAll('\t', '\\t')
		.replace(
			/[\u0000-\u001f\u007f]/g,
			(letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
		)}"`;
}

const python: Writer = (value, name, fraction) => {
	if (value === null) return 'None';
	if (typeof value === 'boolean') return value ? 'True' : 'False';
	if (typeof value === 'number') return number(value, fraction);
	if (typeof value === 'string') return quoted(value);
	if (Array.isArray(value)) return `[${value.map((item) => python(item, name, false)).join(', ')}]`;
	const entries = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${python(item, name, false)}`);
	return `{${entries.join(', ')}}`;
};

const r: Writer = (value, name) => {
	if (value === null) return 'NULL';
	if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
	if (typeof value === 'number') return number(value, false);
	if (typeof value === 'string') {
		if (value.includes('\0')) throw invalid(name, 'R has no NUL in its strings.');
		return quoted(value);
	}
	if (Array.isArray(value)) return `list(${value.map((item) => r(item, name, false)).join(', ')})`;
	const entries = Object.entries(value).map(([key, item]) => `${quoted(key)} = ${r(item, name, false)}`);
	return `list(${entries.join(', ')})`;
};

const julia: Writer = (value, name, fraction) => {
	if (value === null) return 'nothing';
	if (typeof value === 'boolean') return String(value);
	if (typeof value === 'number') return number(value, fraction);
	if (typeof value === 'string') return quoted(value).replaceAll('$', '\\$');
	if (Array.isArray(value)) return `[${value.map((item) => julia(item, name, false)).join(', ')}]`;
	const entries = Object.entries(value).map(
		([key, item]) => `${julia(key, name, false)} => ${julia(item, name, false)}`
	);
	return `Dict(${entries.join(', ')})`;
};

const bash: Writer = (value, name) => {
	if (value === null) return '';
	if (typeof value === 'object') throw invalid(name, 'In bash a parameter is a word or a number, no list.');
	const text = String(value);
	if (text.includes('\0')) throw invalid(name, 'bash has no NUL in its words.');
	return /^[\w.:@%/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
};

const WRITERS: Record<ParameterLanguage, Writer> = { python, r, julia, bash };

function invalid(name: string, detail: string): ProblemError {
	return new ProblemError(400, {
		code: 'parameter-invalid',
		title: `The parameter “${name.slice(0, 60)}” cannot be set.`,
		detail,
		remedy: 'Change it, or leave it out.'
	});
}
