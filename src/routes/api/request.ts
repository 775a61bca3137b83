/** What comes in: bodies with a limit, checked against one schema before anything else sees them. */
import * as v from 'valibot';
import { ProblemError } from '#lib/model/problem.ts';

const SMALL_BYTES = 1024 * 1024;

/**
 * The body as text, at most `limit` bytes. What is too large is read on and dropped: a refusal before the end of the body
 * would cut the connection, and the client would never hear why. Only JSON types are taken: a form of another site can
 * send text/plain without asking first, JSON it cannot.
 */
export async function readText(request: Request, limit = SMALL_BYTES): Promise<string> {
	const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
	if (request.body !== null && type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
		throw new ProblemError(415, {
			code: 'content-type',
			title: 'The body must be JSON.',
			detail: type ? `It came as ${type}.` : 'It came without a type.',
			remedy: 'Send it with Content-Type: application/json.'
		});
	}
	const parts: Uint8Array[] = [];
	let size = 0;
	try {
		for await (const part of request.body ?? []) {
			size += part.byteLength;
			if (size <= limit) parts.push(part);
			else parts.length = 0;
		}
	} catch (cause) {
		// The server's own limit, above all of ours, ends the stream.
		if ((cause as { status?: unknown }).status === 413) throw tooLarge(limit);
		throw cause;
	}
	if (size > limit) throw tooLarge(limit);
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
	} catch (cause) {
		throw new ProblemError(
			400,
			{
				code: 'encoding',
				title: 'The body is not UTF-8 text.',
				detail: 'JSON is always UTF-8.',
				remedy: 'Save the file as UTF-8 and send it again.'
			},
			{ cause }
		);
	}
}

/** The body, of at most `limit` bytes, as `schema` wants it. An empty body reads as {}. */
export async function readBody<S extends v.GenericSchema>(
	request: Request,
	schema: S,
	limit = SMALL_BYTES
): Promise<v.InferOutput<S>> {
	const text = await readText(request, limit);
	let value: unknown;
	try {
		value = text.trim() === '' ? {} : JSON.parse(text);
	} catch (cause) {
		throw new ProblemError(
			400,
			{
				code: 'json',
				title: 'The body is not valid JSON.',
				detail: cause instanceof Error ? cause.message : undefined,
				remedy: 'Mend it and send it again.'
			},
			{ cause }
		);
	}
	return checked(schema, value, 'body');
}

/** The query of the address as `schema` wants it; parameters it does not name are left alone. */
export function readQuery<S extends v.GenericSchema>(url: URL, schema: S): v.InferOutput<S> {
	return checked(schema, Object.fromEntries(url.searchParams), 'query');
}

/** `value` as `schema` wants it, or a 400 that says where it does not fit. */
export function checked<S extends v.GenericSchema>(
	schema: S,
	value: unknown,
	where: 'body' | 'query'
): v.InferOutput<S> {
	const result = v.safeParse(schema, value);
	if (result.success) return result.output;
	const faults = result.issues.slice(0, 5).map((issue) => {
		const path = v.getDotPath(issue);
		return path ? `${path}: ${issue.message}` : issue.message;
	});
	throw new ProblemError(400, {
		code: 'invalid',
		title:
			where === 'body'
				? 'The body is not what this call expects.'
				: 'The address is not what this call expects.',
		detail: faults.join('; '),
		remedy: 'The page /api says what it takes.'
	});
}

function tooLarge(limit: number): ProblemError {
	return new ProblemError(413, {
		code: 'too-large',
		title: `The body is larger than ${Math.round(limit / 1024 / 1024)} MB.`,
		detail: 'That is the limit of this call.',
		remedy: 'Send less at once. A notebook gets smaller when large outputs are cleared in it.'
	});
}
