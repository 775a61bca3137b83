/**
 * The line of one person: a WebSocket every page of a signed-in person keeps open (path PERSON_PATH), with JSON messages.
 * What concerns the person and no single notebook goes down it: questions of machines, states of workspaces, changed
 * folders, words of colleagues.
 */
import * as v from 'valibot';
import { askAnswer, type Ask } from './ask.ts';
import type { CheckLine } from './check-list.ts';
import type { WorkspaceState } from './workspace.ts';

export const PERSON_PATH = '/person';

export interface PersonNotice {
	/** Stable, so that several tabs show it once. */
	id: string;
	title: string;
	detail?: string;
	/** Where to go for it, a path of this site. */
	href?: string;
}

/** Server to browser. */
export type PersonNews =
	/** Asked in every open page of the person; the first answer counts. */
	| { type: 'ask'; id: string; ask: Ask }
	/** It was answered elsewhere, or taken back. */
	| { type: 'ask-settled'; id: string }
	| { type: 'check'; workspace: string; line: CheckLine }
	| { type: 'workspace'; workspace: string; state: WorkspaceState }
	/** Something in a watched folder is another than before; look again. `path` as it was watched. */
	| { type: 'folder'; workspace: string; path: string }
	/** Something else is to be said of the file a notebook is (model/bound-notebook.ts); look again. */
	| { type: 'file'; notebook: string }
	| { type: 'notice'; notice: PersonNotice };

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const path = v.pipe(v.string(), v.minLength(1), v.maxLength(20_000));

/** Browser to server. */
export const personMessage = v.variant('type', [
	v.object({ type: v.literal('answer'), id, answer: askAnswer }),
	v.object({ type: v.literal('watch'), workspace: id, path }),
	v.object({ type: v.literal('unwatch'), workspace: id, path })
]);
export type PersonMessage = v.InferOutput<typeof personMessage>;
