/**
 * What a person has arranged, kept in the database so that a second device goes on where the first stopped: everywhere
 * (scope ''), in one workspace (`workspace:<id>`) or in one notebook (`notebook:<id>`).
 */
import * as v from 'valibot';
import { jobPresetSchema } from './job-preset.ts';
import { resourcesSchema } from './job.ts';

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const text = v.pipe(v.string(), v.maxLength(4000));

const everywhere = {
	theme: v.picklist(['light', 'dark', 'system']),
	/** Whether single letters act on cells (WCAG 2.1.4 wants a way to switch them off). */
	letters: v.boolean(),
	/** Keys of one's own, by the id of the command, in the notation of client/keys.ts; an empty list takes them away. */
	keys: v.record(
		v.pipe(v.string(), v.maxLength(60)),
		v.pipe(v.array(v.pipe(v.string(), v.maxLength(60))), v.maxLength(4))
	),
	/** Go on with the rest of several cells after an error in one. */
	keepGoing: v.boolean(),
	/** Notebooks opened last, newest first. */
	recent: v.pipe(v.array(id), v.maxLength(12))
};

const inWorkspace = {
	/** Where the file browser was. */
	folder: text,
	hidden: v.boolean(),
	sort: v.object({ by: v.picklist(['name', 'size', 'time', 'type']), descending: v.boolean() }),
	/** The kernel chosen last, by its name. */
	environment: text,
	/** What one asks a batch system for again and again, by a name. */
	presets: v.pipe(v.array(jobPresetSchema), v.maxLength(20))
};

const inNotebook = {
	panel: v.nullable(v.pipe(v.string(), v.maxLength(40))),
	outline: v.boolean(),
	/** The topmost visible cell and how many pixels of it are above the edge. */
	place: v.object({ cell: id, offset: v.pipe(v.number(), v.integer()) }),
	selected: v.nullable(id),
	/** What was sent to a batch system last: where, with which kernel, what for, and what was typed for each parameter. */
	batch: v.object({
		workspace: id,
		kernelspec: text,
		resources: resourcesSchema,
		typed: v.pipe(v.record(v.pipe(v.string(), v.maxLength(200)), text), v.maxEntries(100))
	})
};

type Values<T extends Record<string, v.GenericSchema>> = { [K in keyof T]?: v.InferOutput<T[K]> };
export type Preferences = Values<typeof everywhere>;
export type WorkspacePreferences = Values<typeof inWorkspace>;
export type NotebookPreferences = Values<typeof inNotebook>;

/** A change of one scope: what is named is set, null takes it away. */
export interface PreferenceChange {
	scope: string;
	values: Record<string, unknown>;
}

const SETS = { '': everywhere, workspace: inWorkspace, notebook: inNotebook } as const;

/** `''`, `workspace:<id>` or `notebook:<id>`. */
export const preferenceScope = v.pipe(
	v.string(),
	v.regex(
		/^(?:|(?:workspace|notebook):[a-zA-Z0-9\-_]{1,64})$/,
		'must be empty, workspace:<id> or notebook:<id>'
	)
);

const changeOf = <T extends Record<string, v.GenericSchema>>(set: T): v.GenericSchema =>
	v.strictObject(
		Object.fromEntries(Object.entries(set).map(([name, schema]) => [name, v.optional(v.nullable(schema))]))
	);

/** What a scope may hold, for checking a change of it. */
export function preferenceValues(scope: string): v.GenericSchema {
	return changeOf(SETS[scope.split(':')[0] as keyof typeof SETS]);
}

/** The values of a scope out of stored rows; what no longer fits the schema (an older version wrote it) is left out. */
export function readPreferences(scope: string, rows: readonly { name: string; value: unknown }[]): object {
	const set: Record<string, v.GenericSchema> = SETS[scope.split(':')[0] as keyof typeof SETS];
	return Object.fromEntries(
		rows.flatMap(({ name, value }) => {
			const schema = Object.hasOwn(set, name) ? set[name] : undefined;
			const read = schema && v.safeParse(schema, value);
			return read?.success ? [[name, read.output]] : [];
		})
	);
}
