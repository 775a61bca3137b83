import type { Json, JsonObject } from '../json.ts';

/** A MIME bundle of nbformat 4.5: text (or its lines) for all types, any JSON for the JSON types. */
export type NbMimeBundle = Record<string, Json>;
/** Text as one string or as a list of pieces to be joined without a separator (`multiline_string`). */
export type NbText = string | string[];

export interface NbStream {
	output_type: 'stream';
	name: string;
	text: NbText;
}
export interface NbDisplayData {
	output_type: 'display_data';
	data: NbMimeBundle;
	metadata: JsonObject;
}
export interface NbExecuteResult {
	output_type: 'execute_result';
	data: NbMimeBundle;
	metadata: JsonObject;
	execution_count: number | null;
}
export interface NbError {
	output_type: 'error';
	ename: string;
	evalue: string;
	traceback: string[];
}
/** One output as it stands in a file (nbformat 4.5, definition `output`). `importNotebook` joins all texts. */
export type NbOutput = NbStream | NbDisplayData | NbExecuteResult | NbError;
