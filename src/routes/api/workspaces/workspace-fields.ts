import * as v from 'valibot';

const MAX_JUMPS = 5;

const host = v.pipe(
	v.string('Must be a text.'),
	v.trim(),
	v.minLength(1, 'Must not be empty.'),
	v.maxLength(253, 'Longer than a host name can be.'),
	v.regex(/^[a-zA-Z0-9[:_][a-zA-Z0-9.\-_:%\]]*$/, 'Must be a host name or an address, without user and port.')
);
const port = v.optional(
	v.pipe(
		v.number('Must be a number.'),
		v.integer('Must be a whole number.'),
		v.minValue(1, 'Must be 1 to 65535.'),
		v.maxValue(65_535, 'Must be 1 to 65535.')
	),
	22
);
const user = v.pipe(
	v.string('Must be a text.'),
	v.trim(),
	v.minLength(1, 'Must not be empty.'),
	v.maxLength(100, 'At most 100 characters.'),
	v.regex(/^[^\s\p{C}\-:/\\@'"][^\s\p{C}:/\\'"]*$/u, 'This is not a user name.')
);

/**
 * What a person says about an SSH workspace. A leading dash is refused in host and user: wherever they end up in a
 * command line, they must not read as an option.
 */
export const workspaceFields = v.object({
	name: v.pipe(
		v.string('Must be a text.'),
		v.trim(),
		v.minLength(1, 'Must not be empty.'),
		v.maxLength(100, 'At most 100 characters.')
	),
	host,
	port,
	user,
	jumps: v.optional(
		v.pipe(v.array(v.object({ host, port, user })), v.maxLength(MAX_JUMPS, `At most ${MAX_JUMPS}.`)),
		[]
	),
	way: v.optional(v.picklist(['ssh', 'system'], 'Must be ssh or system.'), 'ssh'),
	environments: v.optional(
		v.pipe(
			v.array(
				v.pipe(
					v.string('Must be a text.'),
					v.trim(),
					v.maxLength(1000, 'At most 1000 characters.'),
					v.regex(/^(?:[/~][^\p{C}]*)?$/u, 'Folders begin with / or ~.')
				)
			),
			v.maxLength(50, 'At most 50.'),
			v.transform((paths) => paths.filter((path) => path !== ''))
		),
		[]
	)
});
