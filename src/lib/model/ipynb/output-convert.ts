import type { Json, JsonObject } from '../json.ts';
import { type BlobRef, isBlobRef, isJsonMime, type MimeBundle, type Output } from '../output.ts';
import { joinBundle, joinText } from './lines.ts';
import type { NbMimeBundle, NbOutput } from './nb-output.ts';
import { put } from './object.ts';

/** Gives what a reference stands for: text, or base64 without line breaks for a binary MIME type. */
export type ResolveBlob = (ref: BlobRef) => string;
/** Gives head and middle of a long stream by its id; undefined where they are not at hand. */
export type ResolveStream = (id: string) => string | undefined;

/**
 * An output of a file (nbformat 4.5) in the model's terms: texts joined, binary values as base64 text (blobs are made
 * of them elsewhere). A stream is `stderr` or else `stdout`; the format allows other names, screens know only two.
 * A JSON value that looks like a reference to a blob becomes JSON text, so that a file cannot point into our store.
 */
export function fromNbOutput(output: NbOutput): Output {
	switch (output.output_type) {
		case 'stream':
			return {
				type: 'stream',
				name: output.name === 'stderr' ? 'stderr' : 'stdout',
				text: joinText(output.text) as string
			};
		case 'error':
			return { type: 'error', ename: output.ename, evalue: output.evalue, traceback: output.traceback };
		case 'display_data':
			return { type: 'display_data', data: fromNbBundle(output.data), metadata: output.metadata };
		case 'execute_result':
			return {
				type: 'execute_result',
				data: fromNbBundle(output.data),
				metadata: output.metadata,
				executionCount: output.execution_count
			};
	}
}

function fromNbBundle(data: NbMimeBundle): MimeBundle {
	const entries = Object.entries(joinBundle(data)).map(([mime, value]: [string, Json]): [string, Json] => [
		mime,
		isBlobRef(value) ? JSON.stringify(value) : value
	]);
	return Object.fromEntries(entries);
}

/**
 * An output of the model as nbformat 4.5 has it; none, one or more. References are resolved by `resolve`, whose errors
 * pass through. `displayId` is transient and not exported. A notice becomes a stream on stderr. A shortened stream is
 * exported whole where the whole is kept, else with a line that says how much is missing.
 */
export function toNbOutput(
	output: Output,
	resolve: ResolveBlob,
	stream: ResolveStream = () => undefined
): NbOutput[] {
	switch (output.type) {
		case 'stream':
			return [{ output_type: 'stream', name: output.name, text: streamText(output, stream) }];
		case 'error': {
			const { ename, evalue, traceback } = output;
			return [{ output_type: 'error', ename, evalue, traceback }];
		}
		case 'notice':
			return [{ output_type: 'stream', name: 'stderr', text: endLine(output.text) }];
		case 'display_data':
			return [
				{ output_type: 'display_data', data: toNbBundle(output.data, resolve), metadata: output.metadata }
			];
		case 'execute_result':
			return [
				{
					output_type: 'execute_result',
					data: toNbBundle(output.data, resolve),
					metadata: output.metadata,
					execution_count: output.executionCount
				}
			];
	}
}

function streamText(output: Extract<Output, { type: 'stream' }>, resolve: ResolveStream): string {
	const { text, tail = '', omitted = 0, id } = output;
	const kept = id === undefined || omitted === 0 ? undefined : resolve(id);
	if (kept !== undefined) return kept + tail;
	if (omitted <= 0) return text + tail;
	return `${endLine(text)}… ${omitted} characters omitted …\n${tail}`;
}

function endLine(text: string): string {
	return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function toNbBundle(data: MimeBundle, resolve: ResolveBlob): NbMimeBundle {
	const bundle: JsonObject = {};
	for (const [mime, value] of Object.entries(data)) put(bundle, mime, toNbValue(mime, value, resolve));
	return bundle;
}

/** JSON types hold any JSON; all other types must hold text, and get JSON text where a kernel sent something else. */
function toNbValue(mime: string, value: MimeBundle[string], resolve: ResolveBlob): Json {
	if (!isJsonMime(mime)) {
		if (isBlobRef(value)) return resolve(value);
		return typeof value === 'string' ? value : JSON.stringify(value);
	}
	if (!isBlobRef(value)) return value;
	const text = resolve(value);
	try {
		return JSON.parse(text) as Json;
	} catch {
		return text;
	}
}
