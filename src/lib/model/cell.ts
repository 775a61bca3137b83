import type { CellId } from './ids.ts';
import type { JsonObject } from './json.ts';

export const CELL_TYPES = ['code', 'markdown', 'raw'] as const;
/** As in nbformat 4.5 (`cell_type`). */
export type CellType = (typeof CELL_TYPES)[number];

/** A cell as plain JSON, without outputs: what people write. */
export interface Cell {
	id: CellId;
	type: CellType;
	source: string;
	metadata: JsonObject;
	/** nbformat attachments: file name → MIME type → base64 text. Absent where the cell has none. */
	attachments?: Record<string, Record<string, string>>;
}
