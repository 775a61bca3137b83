/** Files of a workspace as answers: nothing in them runs as a page of ours. */
import type { FileFacts } from '#lib/model/workspace-files.ts';

/** Types a browser shows by itself without running what is in them; SVG is kept still by the sandbox. */
const SHOWN: Record<string, string> = {
	...{ png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' },
	...{
		avif: 'image/avif',
		bmp: 'image/bmp',
		ico: 'image/x-icon',
		svg: 'image/svg+xml',
		pdf: 'application/pdf'
	},
	...{ mp3: 'audio/mpeg', ogg: 'audio/ogg', wav: 'audio/wav', flac: 'audio/flac', m4a: 'audio/mp4' },
	...{ mp4: 'video/mp4', webm: 'video/webm', ogv: 'video/ogg', mov: 'video/quicktime' }
};

/** Names whose content is text, shown as plain text whatever it says. */
const TEXT =
	/^(txt|text|log|md|rst|csv|tsv|json|ya?ml|toml|ini|cfg|conf|xml|html?|css|[cm]?[jt]sx?|py|ipynb|r|jl|c|h|cc|cpp|hpp|cxx|f|f90|for|java|go|rs|sh|bash|zsh|fish|sql|tex|bib|out|err|sub|dag|slurm|pbs)$/i;

export const SAFE_HEADERS = { 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-cache' };

/** No script, no network, no origin: also for what is opened alone in a tab. */
const SANDBOX =
	"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; frame-ancestors 'self'";

export function typeOf(path: string): string {
	const name = path.slice(path.lastIndexOf('/') + 1);
	const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
	if (name.includes('.') && ending in SHOWN) return SHOWN[ending]!;
	return TEXT.test(ending) || !name.includes('.') ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

export const etagOf = ({ version }: FileFacts): string => `"${version}"`;

/** Headers of a file's bytes. `inline` only for what a browser shows without running it. */
export function contentHeaders(facts: FileFacts, inline: boolean): Record<string, string> {
	const type = typeOf(facts.path);
	const shown = inline && type !== 'application/octet-stream';
	return {
		...SAFE_HEADERS,
		'content-security-policy': SANDBOX,
		'content-type': shown ? type : 'application/octet-stream',
		'content-disposition': disposition(
			shown ? 'inline' : 'attachment',
			facts.path.slice(facts.path.lastIndexOf('/') + 1)
		),
		'accept-ranges': 'bytes',
		'last-modified': new Date(facts.time * 1000).toUTCString(),
		etag: etagOf(facts)
	};
}

/** RFC 6266 with a name in RFC 8187's encoding; bytes that are no text become `_`. */
export function disposition(kind: 'inline' | 'attachment', name: string): string {
	const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
	const encoded = encodeURIComponent(name.replace(/[\ud800-\udfff]/gu, '_')).replace(
		/['()*]/g,
		(letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
	);
	return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/**
 * The one range of a Range header (RFC 9110 section 14.2) within `size` bytes: `undefined` for none or one we do not
 * take (several, other units), `null` for one that cannot be satisfied.
 */
export function rangeOf(
	header: string | null,
	size: number
): { offset: number; length: number } | null | undefined {
	const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
	if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
	if (from === '') {
		const length = Math.min(Number(to), size);
		return length === 0 ? null : { offset: size - length, length };
	}
	const offset = Number(from);
	if (to !== '' && Number(to) < offset) return undefined;
	if (offset >= size) return null;
	return { offset, length: (to === '' ? size : Math.min(Number(to) + 1, size)) - offset };
}

/**
 * Objects as lines of JSON. The first is awaited, so that what refuses at once is a problem with its status; what fails
 * later is a last line `{problem}`.
 */
export async function lines(found: AsyncIterableIterator<object>): Promise<ReadableStream<Uint8Array>> {
	const encode = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);
	let first: IteratorResult<object> | undefined = await found.next();
	return new ReadableStream<Uint8Array>({
		async pull(controller) {
			try {
				const { done, value } = first ?? (await found.next());
				first = undefined;
				if (done) controller.close();
				else controller.enqueue(encode(value));
			} catch (error) {
				const { problem } = error as { problem?: object };
				if (!problem) throw error;
				controller.enqueue(encode({ problem }));
				controller.close();
			}
		},
		async cancel() {
			await found.return?.();
		}
	});
}
