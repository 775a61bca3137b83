/** The parts of outputs that have an address of their own: what is served there, and under which policy. */
import type { CellId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { FRAME_POLICY } from '#lib/render/frame-policy.ts';
import { framePage } from './frame-page.ts';
import type { OutputPart } from './options.ts';
import { kindOf, textOf, tracebackOf } from './output-kind.ts';
import { pictureBytes } from './picture.ts';

export interface OutputFile {
	body: string | Uint8Array;
	/** Content type, policy and `nosniff`: all of them belong to the answer, or an SVG would run in our origin. */
	headers: Record<string, string>;
}

/** Nothing in it runs, whatever it is. */
const INERT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'";

/** A part of an output, or null where there is none. */
export function outputFile(
	content: NotebookContent,
	cell: CellId,
	index: number,
	part: OutputPart
): OutputFile | null {
	const held = Object.hasOwn(content.outputs, cell) ? content.outputs[cell] : undefined;
	const output = held?.outputs[index];
	if (!output) return null;
	if (output.output_type === 'stream') return part === 'whole' ? plain(textOf(output.text)) : null;
	if (output.output_type === 'error') return part === 'whole' ? plain(tracebackOf(output)) : null;
	const kind = kindOf(output.data);
	if (part === 'frame') {
		return kind.kind === 'interactive' || kind.kind === 'styled' ? framed(kind.html) : null;
	}
	if (part === 'picture') {
		const mime = kind.kind === 'picture' ? kind.mime : 'still' in kind ? kind.still : null;
		return mime === null ? null : answer(pictureBytes(mime, output.data), mime, INERT);
	}
	switch (kind.kind) {
		case 'html':
			return framed(textOf(output.data[kind.mime]));
		case 'picture':
			return answer(pictureBytes(kind.mime, output.data), kind.mime, INERT);
		case 'json':
			return answer(JSON.stringify(output.data[kind.mime], null, 1), 'application/json', INERT);
		case 'markdown':
		case 'latex':
		case 'text':
			return plain(textOf(output.data[kind.mime]));
		default:
			return null;
	}
}

function framed(html: string): OutputFile {
	return answer(framePage(html), 'text/html; charset=utf-8', FRAME_POLICY);
}

function plain(text: string): OutputFile {
	return answer(text, 'text/plain; charset=utf-8', INERT);
}

function answer(body: string | Uint8Array, type: string, policy: string): OutputFile {
	return {
		body,
		headers: {
			'Content-Type': type,
			'Content-Security-Policy': policy,
			'X-Content-Type-Options': 'nosniff',
			'Referrer-Policy': 'no-referrer'
		}
	};
}
