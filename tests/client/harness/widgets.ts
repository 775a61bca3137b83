/** A page of widgets as their kernel made them (`make-widgets.py`), and a room that takes what people move. */
import { readFileSync } from 'node:fs';
import { fromBase64 } from 'lib0/buffer';
import type * as Y from 'yjs';
import type { Cell } from '#lib/model/cell.ts';
import { newRun } from '#lib/model/run.ts';
import type { RoomCommand } from '#lib/model/room-command.ts';
import type { RoomNews } from '#lib/model/room-news.ts';
import { writeKernel, writeRun } from '#lib/model/runtime-doc.ts';
import {
	readWidget,
	updateWidget,
	WIDGET_TARGET,
	WIDGET_VIEW_MIME,
	writeWidget,
	type BufferPath,
	type Bulk
} from '#lib/model/widget.ts';
import type { JsonObject } from '#lib/model/json.ts';

interface Fixture {
	cells: string[];
	widgets: Record<string, { state: JsonObject; buffers: [BufferPath, string][] }>;
}

const FIXTURE = JSON.parse(readFileSync(new URL('widgets.json', import.meta.url), 'utf8')) as Fixture;
const INLINE: Bulk = { value: (_key, value) => ({ inline: value }), bytes: (bytes) => bytes };

/** Cells of the notebook `widgets` (all) or `widgets-slider-twin--any` (two of them). */
export function widgetCells(notebook: string): Cell[] {
	const some = /^widgets-([a-z-]+)--/.exec(notebook)?.[1]?.split('-');
	return FIXTURE.cells
		.filter((id) => !some || some.includes(id))
		.map((id) => ({ id, type: 'code', source: `display(${id})`, metadata: {} }));
}

export function fillWidgets(doc: Y.Doc): void {
	doc.transact(() => {
		writeKernel(doc, { state: 'idle', kernel: 'k1', displayName: 'Python 3', language: 'python' });
		for (const [comm, { state, buffers }] of Object.entries(FIXTURE.widgets)) {
			const empty = { comm, kernel: 'k1', target: WIDGET_TARGET, state: {}, large: {}, buffers: {} };
			const paths = buffers.map(([path]) => path);
			const bytes = buffers.map(([, text]) => fromBase64(text));
			writeWidget(doc, updateWidget(empty, { state, paths, buffers: bytes }, INLINE));
		}
		FIXTURE.cells.forEach((cell, i) => {
			const data = {
				[WIDGET_VIEW_MIME]: { version_major: 2, version_minor: 0, model_id: cell },
				'text/plain': `${cell}()`
			};
			const output = { type: 'display_data' as const, data, metadata: {} };
			writeRun(doc, {
				...newRun(`run-${cell}`, cell, { id: 'em', name: 'Emmy' }, 0, i, ''),
				state: 'done',
				finishedAt: 1,
				outputs: [output]
			});
		});
	});
}

/** A custom message is answered with one: what was clicked. */
export function moveWidget(
	doc: Y.Doc,
	command: Extract<RoomCommand, { do: 'comm' }>,
	tell: (news: RoomNews) => void
): void {
	const widget = readWidget(doc, command.comm);
	const { content } = command.data as { content?: { clicked: number } };
	if (content)
		tell({ news: 'custom', comm: command.comm, content: { say: `heard ${content.clicked}` }, buffers: [] });
	if (!widget || command.data.method !== 'update') return;
	const state = command.data.state as JsonObject;
	const paths = (command.data.buffer_paths ?? []) as BufferPath[];
	const buffers = (command.buffers ?? []).map(fromBase64);
	doc.transact(() => writeWidget(doc, updateWidget(widget, { state, paths, buffers }, INLINE)));
}
