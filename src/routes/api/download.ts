/** Bytes that people or kernels made, given out so that no browser takes them for a page of ours. */

/** Pictures that a browser shows by itself. SVG may hold script; the sandbox policy keeps it still when opened alone. */
const INLINE: ReadonlySet<string> = new Set([
	'image/png',
	'image/jpeg',
	'image/gif',
	'image/webp',
	'image/svg+xml'
]);

const SAFE = {
	'x-content-type-options': 'nosniff',
	'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
};

/** A file to save under this name. */
export function download(text: string, mime: string, filename: string): Response {
	return new Response(text, {
		headers: {
			...SAFE,
			'content-type': mime,
			'content-disposition': disposition(filename),
			'cache-control': 'private, no-store'
		}
	});
}

/** Bytes to save under this name, of a kind that no browser shows unless `headers` say so. */
export function downloadBytes(
	bytes: Uint8Array | ReadableStream<Uint8Array>,
	filename: string,
	headers: Record<string, string> = {}
): Response {
	return new Response(bytes instanceof Uint8Array ? new Uint8Array(bytes) : bytes, {
		headers: {
			...SAFE,
			'content-type': 'application/octet-stream',
			'content-disposition': disposition(filename),
			...headers
		}
	});
}

/** Text as it comes, to be looked at or saved. */
export function text(body: ReadableStream<Uint8Array>, filename: string): Response {
	return new Response(body, {
		headers: {
			...SAFE,
			'content-type': 'text/plain; charset=utf-8',
			'content-disposition': `inline; filename="${asciiName(filename)}"`,
			'cache-control': 'private, no-store'
		}
	});
}

/** A blob: its address is its content, so it may be kept for ever by who was allowed to see it. */
export function blob(bytes: Uint8Array, mime: string, hash: string): Response {
	const inline = INLINE.has(mime);
	return new Response(new Uint8Array(bytes), {
		headers: {
			...SAFE,
			'content-type': inline ? mime : 'application/octet-stream',
			'content-disposition': inline ? 'inline' : `attachment; filename="${hash.slice(0, 12)}"`,
			'cache-control': 'private, max-age=31536000, immutable'
		}
	});
}

/** A picture that other sites may show, too. */
export function picture(bytes: Uint8Array, mime: string): Response {
	return new Response(new Uint8Array(bytes), {
		headers: {
			...SAFE,
			'content-type': INLINE.has(mime) ? mime : 'application/octet-stream',
			'content-disposition': INLINE.has(mime) ? 'inline' : 'attachment',
			'cross-origin-resource-policy': 'cross-origin'
		}
	});
}

function disposition(filename: string): string {
	return `attachment; filename="${asciiName(filename)}"; filename*=UTF-8''${encodeName(filename)}`;
}

function asciiName(name: string): string {
	return name.replace(/[^\x20-\x7e]|["\\]/g, '_');
}

/** RFC 8187: what encodeURIComponent leaves alone but the header grammar does not. */
function encodeName(name: string): string {
	return encodeURIComponent(name.toWellFormed()).replace(
		/['()*]/g,
		(letter) => `%${letter.charCodeAt(0).toString(16)}`
	);
}
