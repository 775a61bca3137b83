/**
 * What the page and a widget's frame say to each other (`postMessage`). Every message carries the frame's token. States
 * are complete values: binary parts are DataViews at their places.
 */
import type { BufferPath } from './widget.ts';
import type { Json, JsonObject } from './json.ts';

/** A model's state with its binary parts in place. */
export type ModelState = Record<string, unknown>;

/** What a viewer's widget wants its kernel half to know: `data` of a `comm_msg`. */
export type CommData =
	{ method: 'update'; state: JsonObject; buffer_paths: BufferPath[] } | { method: 'custom'; content: Json };

export type ToFrame =
	| { type: 'theme'; scheme: 'light' | 'dark'; tokens: Record<string, string> }
	/** Draw this model. */
	| { type: 'show'; id: string }
	/** Have this model too: it ties others together and nothing shows it. */
	| { type: 'load'; id: string }
	/** The answer to `model?`; `state` is null where there is no such model. */
	| { type: 'model'; id: string; live: boolean; state: ModelState | null }
	/**
	 * New values of some keys, by one who has taken the frame's messages about this model up to `seen`: what the frame
	 * changed later is newer.
	 */
	| { type: 'state'; id: string; state: ModelState; seen: number }
	| { type: 'custom'; id: string; content: Json; buffers: ArrayBuffer[] }
	/** Whether a model takes changes: its kernel lives and this person may run cells. */
	| { type: 'live'; id: string; on: boolean }
	| { type: 'closed'; id: string };

export type FromFrame =
	| { type: 'ready' }
	| { type: 'height'; height: number }
	| { type: 'model?'; id: string }
	/** A message to the kernel half; `n` counts those of the model in this frame. */
	| { type: 'comm'; id: string; n: number; data: CommData; buffers: ArrayBuffer[] };
