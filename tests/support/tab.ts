/** A browser tab without a browser: what the page's connection does, for figures that leave out the screen. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import * as Y from 'yjs';
import { cellIds, cellsOf, sourceOf } from '#lib/model/notebook-doc.ts';
import type { RoomCommand } from '#lib/model/room-command.ts';
import { readRun } from '#lib/model/runtime-doc.ts';
import type { SeededPerson } from './people.ts';
import { socketClass, synced, until } from './rooms.ts';
import type { ServerProcess } from './server-process.ts';

export interface Tab {
	doc: Y.Doc;
	runtimeDoc: Y.Doc;
	/** Insert text at the end of the cell with that number. */
	type(cell: number, text: string): void;
	/** Run a cell; resolves with the milliseconds until its finished run is in this tab's document. */
	run(cell: number): Promise<number>;
	/** Take a cell's outputs away for everybody. */
	clear(cell: number): void;
	/** Say a command to the room, without waiting for its answer. */
	say(command: RoomCommand): void;
	close(): void;
}

/** Open a notebook of a server as a person. */
export async function connectTab(
	server: ServerProcess,
	person: SeededPerson,
	notebook: string
): Promise<Tab> {
	const { genesis } = await page(server, person, notebook);
	const websocketProvider = new HocuspocusProviderWebsocket({
		url: `ws://127.0.0.1:${server.port}/collab`,
		WebSocketPolyfill: socketClass(`${person.cookie.name}=${person.cookie.value}`, server.origin)
	});
	const open = (name: string): HocuspocusProvider =>
		new HocuspocusProvider({ websocketProvider, name, document: new Y.Doc(), token: genesis });
	const [human, runtime] = [open(`notebook/${notebook}`), open(`runtime/${notebook}`)];
	human.attach();
	runtime.attach();
	await Promise.all([synced(human), synced(runtime)]);
	const doc = human.document;
	let n = 0;
	const tab: Tab = {
		doc,
		runtimeDoc: runtime.document,
		type(cell, text) {
			const source = sourceOf(cellsOf(doc).get(cellIds(doc)[cell]!))!;
			source.insert(source.length, text);
		},
		async run(cell) {
			const id = cellIds(doc)[cell]!;
			const last = readRun(runtime.document, id)?.id;
			const stateVector = Buffer.from(Y.encodeStateVector(doc)).toString('base64');
			const begin = performance.now();
			human.sendStateless(JSON.stringify({ n: ++n, command: { do: 'run', cells: [id], stateVector } }));
			await until(runtime.document, () => {
				const run = readRun(runtime.document, id);
				return run && run.id !== last && run.finishedAt !== null;
			});
			return performance.now() - begin;
		},
		clear(cell) {
			const cells = [cellIds(doc)[cell]!];
			tab.say({ do: 'clear', cells });
		},
		say(command) {
			human.sendStateless(JSON.stringify({ n: ++n, command }));
		},
		close() {
			human.destroy();
			runtime.destroy();
			websocketProvider.destroy();
		}
	};
	return tab;
}

async function page(
	server: ServerProcess,
	person: SeededPerson,
	notebook: string
): Promise<{ genesis: string }> {
	const response = await fetch(`${server.origin}/api/notebooks/${notebook}`, {
		headers: { Authorization: `Bearer ${person.token}` }
	});
	if (!response.ok) throw new Error(`The notebook said ${response.status}: ${await response.text()}`);
	return (await response.json()) as { genesis: string };
}
