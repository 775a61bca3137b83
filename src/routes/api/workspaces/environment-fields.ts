import * as v from 'valibot';
import type { EnvironmentFields } from '#lib/model/environment.ts';

const line = (limit: number) =>
	v.pipe(
		v.string('Must be a text.'),
		v.trim(),
		v.maxLength(limit, `At most ${limit} characters.`),
		v.regex(/^[^\p{Cc}]*$/u, 'Must be one line.')
	);
const lines = (limit: number) =>
	v.pipe(
		v.array(line(1000)),
		v.maxLength(limit, `At most ${limit}.`),
		v.transform((all) => all.filter((each) => each !== ''))
	);
const name = v.pipe(line(60), v.minLength(1, 'Must not be empty.'));
const path = /^[/~]/;
/** Programs read a word with a leading dash as an option. */
const noOption = /^[^-]/;

const common = {
	name,
	/** As typed: indentation may matter (here-documents), the end of lines does not. */
	lines: v.optional(
		v.pipe(
			v.array(
				v.pipe(
					v.string('Must be a text.'),
					v.maxLength(4000, 'At most 4000 characters.'),
					v.regex(/^[^\0\r\n]*$/, 'Must be one line.')
				)
			),
			v.maxLength(200, 'At most 200 lines.')
		),
		[]
	)
};
const modules = v.pipe(
	lines(50),
	v.everyItem((each) => noOption.test(each), 'A module does not begin with a dash.')
);

/** What a person says about an environment, by its kind. */
export const environmentFields: v.GenericSchema<unknown, EnvironmentFields> = v.variant(
	'kind',
	[
		v.object({
			...common,
			kind: v.literal('venv'),
			folder: v.pipe(line(1000), v.regex(path, 'Folders begin with / or ~.')),
			modules: v.optional(modules, [])
		}),
		v.object({
			...common,
			kind: v.literal('conda'),
			folder: v.pipe(
				line(1000),
				v.minLength(1, 'Must not be empty.'),
				v.regex(noOption, 'This is neither a name nor a folder.')
			),
			modules: v.optional(modules, [])
		}),
		v.object({
			...common,
			kind: v.literal('modules'),
			modules: v.pipe(modules, v.minLength(1, 'Name at least one.'))
		}),
		v.object({
			...common,
			kind: v.literal('container'),
			image: v.pipe(
				line(1000),
				v.regex(/^(?:[/~]|[a-z]+:\/\/)/, 'A file begins with / or ~, an address with a word like docker://.')
			),
			binds: v.optional(
				v.pipe(
					lines(50),
					v.everyItem((each) => path.test(each), 'Folders begin with / or ~.')
				),
				[]
			),
			modules: v.optional(modules, [])
		}),
		v.object({
			...common,
			kind: v.literal('shell'),
			lines: v.pipe(common.lines.wrapped, v.minLength(1, 'Write at least one line.'))
		})
	],
	'Must be venv, conda, modules, container or shell.'
) as v.GenericSchema<unknown, EnvironmentFields>;

/** A package as pip takes it, with extras and versions, but never an option, an address or a file. */
const requirement = v.pipe(
	v.string('Must be a text.'),
	v.trim(),
	v.maxLength(200, 'At most 200 characters.'),
	v.regex(
		/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9,._-]+\])?(?:[=<>!~]=?[A-Za-z0-9.*+!_-]+(?:,[=<>!~]=?[A-Za-z0-9.*+!_-]+)*)?$/,
		'This is not a package.'
	)
);

export const quickStartFields = v.object({
	name,
	packages: v.optional(v.pipe(v.array(requirement), v.maxLength(100, 'At most 100.')), [])
});
