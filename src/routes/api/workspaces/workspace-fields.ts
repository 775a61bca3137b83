import * as v from 'valibot';

/**
 * What a person says about an SSH workspace. A leading dash is refused in host and user: wherever they end up in a
 * command line, they must not read as an option.
 */
export const workspaceFields = v.object({
	name: v.pipe(
		v.string('must be a text'),
		v.trim(),
		v.minLength(1, 'must not be empty'),
		v.maxLength(100, 'is longer than 100 characters')
	),
	host: v.pipe(
		v.string('must be a text'),
		v.trim(),
		v.minLength(1, 'must not be empty'),
		v.maxLength(253, 'is longer than a host name can be'),
		v.regex(
			/^[a-zA-Z0-9[:_][a-zA-Z0-9.\-_:%\]]*$/,
			'must be a host name or an address, without user and port'
		)
	),
	port: v.optional(
		v.pipe(
			v.number('must be a number'),
			v.integer('must be a whole number'),
			v.minValue(1, 'must be 1 to 65535'),
			v.maxValue(65_535, 'must be 1 to 65535')
		),
		22
	),
	user: v.pipe(
		v.string('must be a text'),
		v.trim(),
		v.minLength(1, 'must not be empty'),
		v.maxLength(100, 'is longer than 100 characters'),
		v.regex(/^[^\s\p{C}\-:/\\@'"][^\s\p{C}:/\\'"]*$/u, 'is not a user name')
	),
	environments: v.optional(
		v.pipe(
			v.array(
				v.pipe(
					v.string('must be a text'),
					v.trim(),
					v.maxLength(1000, 'is too long'),
					v.regex(/^(?:[/~][^\p{C}]*)?$/u, 'must be a folder that begins with / or ~')
				)
			),
			v.maxLength(50, 'are more than 50'),
			v.transform((paths) => paths.filter((path) => path !== ''))
		),
		[]
	)
});
