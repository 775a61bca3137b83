import * as v from 'valibot';

/** What a person calls a browser. */
export const keyName = v.pipe(
	v.string('Must be a text.'),
	v.trim(),
	v.minLength(1, 'Must not be empty.'),
	v.maxLength(100, 'At most 100 characters.')
);
