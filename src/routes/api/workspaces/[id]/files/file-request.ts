/** What the calls about files take from the address and the body. */
import * as v from 'valibot';
import { pathInQuery } from '#lib/model/file-path.ts';
import type { FileOperation } from '#lib/model/files.ts';
import { ProblemError } from '#lib/model/problem.ts';

const path = v.pipe(v.string('Must be a text.'), v.minLength(1, 'Must not be empty.'), v.maxLength(20_000));
const paths = v.pipe(
	v.array(path, 'Must be a list.'),
	v.minLength(1, 'Must not be empty.'),
	v.maxLength(10_000)
);

export const operationBody = v.variant('do', [
	v.object({ do: v.literal('folder'), path }),
	v.object({ do: v.literal('file'), path }),
	v.object({ do: v.literal('rename'), from: path, to: path }),
	v.object({ do: v.literal('move'), from: paths, to: path }),
	v.object({ do: v.literal('copy'), from: paths, to: path }),
	v.object({ do: v.literal('trash'), paths }),
	v.object({ do: v.literal('restore'), items: paths }),
	v.object({ do: v.literal('delete'), paths }),
	v.object({
		do: v.literal('mode'),
		path,
		mode: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0o7777))
	})
]) satisfies v.GenericSchema<unknown, FileOperation>;

/** The path in the query, whose bytes need not be UTF-8; `otherwise` without one. Refuses with 400. */
export function pathOf(url: URL, otherwise?: string): string {
	const found = pathInQuery(url.search, 'path') || otherwise;
	if (found !== undefined && found.length <= 20_000) return found;
	throw new ProblemError(400, {
		code: 'invalid',
		title: 'The address is not what this call expects.',
		detail: 'path: is missing, or no percent-encoded path.',
		remedy: 'The page /api says what it takes.'
	});
}

/**
 * The body as it comes, at most `limit` bytes. What is too much is read on and dropped, then refused: leaving a body would
 * cut the connection, and the client would never hear why.
 */
export async function* bodyBytes(request: Request, limit: number): AsyncGenerator<Uint8Array> {
	const { headers } = request;
	const told = headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
	// Without a type the bytes are dropped before they come here, and an empty file would be written.
	if (request.body === null && told) {
		throw new ProblemError(415, {
			code: 'content-type',
			title: 'The body has no type.',
			detail: 'It came without a Content-Type.',
			remedy: 'Send it with Content-Type: application/octet-stream.'
		});
	}
	let size = 0;
	for await (const part of request.body ?? []) {
		size += part.byteLength;
		if (size <= limit) yield part;
	}
	if (size <= limit) return;
	throw new ProblemError(413, {
		code: 'too-large',
		title: `The body is larger than ${Math.round(limit / 1024 / 1024)} MB.`,
		detail: 'That is the limit of this call.',
		remedy: 'Upload a large file in pieces.'
	});
}
