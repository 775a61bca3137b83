/** Forms of pages: small, checked by one schema, refused in the words of the field. */
import { error } from '@sveltejs/kit';
import * as v from 'valibot';

const LIMIT_BYTES = 128 * 1024;

export type FormResult<S extends v.GenericSchema> =
	| { ok: true; fields: v.InferOutput<S>; values: Record<string, string> }
	| { ok: false; errors: Record<string, string>; values: Record<string, string> };

/**
 * Read a form. `values` are what to show again, without the fields called `secret`. The length is checked first because
 * the sign-in page takes forms from anybody.
 */
export async function readForm<S extends v.GenericSchema>(
	request: Request,
	schema: S,
	secret: string[] = []
): Promise<FormResult<S>> {
	const length = Number(request.headers.get('content-length') ?? NaN);
	if (!(length <= LIMIT_BYTES)) {
		error(413, { message: 'This form is too large.', remedy: 'Shorten what is in it and send it again.' });
	}
	const form = await request.formData();
	const values: Record<string, string> = {};
	const fields: Record<string, string | string[]> = {};
	for (const name of new Set(form.keys())) {
		const all = form.getAll(name).filter((value) => typeof value === 'string');
		// `scopes[]` is a list however many boxes are ticked.
		if (name.endsWith('[]')) fields[name.slice(0, -2)] = all;
		else fields[name] = all[0] ?? '';
		if (!name.endsWith('[]') && !secret.includes(name)) values[name] = all[0] ?? '';
	}
	const result = v.safeParse(schema, fields);
	if (result.success) return { ok: true, fields: result.output, values };
	const errors: Record<string, string> = {};
	for (const issue of result.issues) errors[v.getDotPath(issue)?.split('.')[0] ?? ''] ??= issue.message;
	return { ok: false, errors, values };
}
