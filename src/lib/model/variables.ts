/** What a kernel holds in its variables, as far as it can be shown without holding anything up. */
import type { Problem } from './problem.ts';

export interface Variable {
	name: string;
	/** As the language names it: `int`, `pandas.DataFrame`, `data.frame`. */
	type: string;
	/** Functions and classes are told apart from data: mostly one looks for the latter. */
	kind: 'value' | 'function' | 'class';
	/** Rows and columns, or the length; null where there is none. */
	shape: number[] | null;
	/** Memory it takes, or a good guess at it; null unknown. */
	bytes: number | null;
	/** One short line. */
	preview: string;
	/** Whether `table` shows more of it. */
	table: boolean;
}

export interface VariableList {
	variables: Variable[];
	/** How many there are that the list leaves out. */
	left: number;
	/** The kernel runs a cell and cannot answer before that ends. The list is empty then. */
	busy: boolean;
	/** Why there is no list, where there is none. */
	problem: Problem | null;
}

export interface TableColumn {
	name: string;
	type: string;
	/** Numbers stand under each other. */
	numeric: boolean;
}

export interface TableRow {
	/** Position in the variable, from 0. */
	at: number;
	/** What the variable itself calls the row; null where that is its position. */
	label: string | null;
	cells: string[];
}

/** Some rows of a table-like variable. */
export interface TablePage {
	name: string;
	/** The first of `rows` among those that the filter leaves, in the order asked for. */
	from: number;
	/** How many rows the filter leaves, and how many there are. */
	total: number;
	all: number;
	/** Rows the filter was tried on before its time was over; null: all of them. */
	searched: number | null;
	/** How the filter was read: one column compared, or a text looked for in all; null without one. */
	filter: 'column' | 'text' | null;
	columns: TableColumn[];
	/** How many columns are left out. */
	left: number;
	rows: TableRow[];
	busy: boolean;
	problem: Problem | null;
}

/** Rows that one question may ask for. */
export const MAX_ROWS = 200;

export function emptyList(about: { busy?: boolean; problem?: Problem } = {}): VariableList {
	return { variables: [], left: 0, busy: about.busy ?? false, problem: about.problem ?? null };
}

export function emptyPage(name: string, about: { busy?: boolean; problem?: Problem } = {}): TablePage {
	return {
		name,
		from: 0,
		total: 0,
		all: 0,
		searched: null,
		filter: null,
		columns: [],
		left: 0,
		rows: [],
		busy: about.busy ?? false,
		problem: about.problem ?? null
	};
}
