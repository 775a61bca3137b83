/**
 * The widgets of an open notebook: hands models of the runtime document to the frames that draw them, follows changes
 * of the document, and sends what people move to the room.
 *
 * Keys that somebody moves here are held: what the document says of them meanwhile is older than what the hand did, and
 * would tear the handle back. They follow the document again once the room has answered the last change.
 */
import { SvelteMap } from 'svelte/reactivity';
import * as Y from 'yjs';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { RoomCommand } from '#lib/model/room-command.ts';
import type { RoomNews } from '#lib/model/room-news.ts';
import {
	kernelMapOf,
	NO_KERNEL,
	readKernel,
	type KernelState,
	type KernelView
} from '#lib/model/runtime-doc.ts';
import type { FromFrame, ModelState, ToFrame } from '#lib/model/widget-message.ts';
import { readWidget, referredModels, widgetsOf } from '#lib/model/widget.ts';
import { assembleKeys, bytesOfBase64 } from './widget-state.ts';
import { WidgetOutbox, type OwnState } from './widget-outbox.ts';

/** Why a widget takes no changes; null when it does. */
export type Stillness = 'kernel' | 'link' | 'role' | 'offline' | null;

export interface WidgetHubOptions {
	doc: Y.Doc;
	/** Address of a blob of this notebook. */
	blobUrl: (hash: string) => string;
	send: (command: RoomCommand) => Promise<unknown>;
	/** Whether this person may run cells, now. Reactive. */
	mayRun: () => boolean;
	/** Whether what is sent now arrives. Reactive. */
	connected: () => boolean;
	/** A change was not taken. Called once for a row of them. */
	refused: (problem: Problem) => void;
}

/** A frame that draws models: what it was given, and how to tell it more. */
export class WidgetClient {
	readonly tell: (message: ToFrame) => void;
	/** Models this frame has: whether it was told that they take changes, and its last message about each. */
	readonly models = new Map<string, { live: boolean; seen: number }>();
	/** States may have to be fetched; their order stays. */
	turn: Promise<void> = Promise.resolve();

	constructor(tell: (message: ToFrame) => void) {
		this.tell = tell;
	}
}

export class WidgetHub {
	readonly #options: WidgetHubOptions;
	readonly #doc: Y.Doc;
	readonly #clients = new Set<WidgetClient>();
	readonly #outboxes = new Map<string, WidgetOutbox>();
	/** Models that are there, and those that were while this page was open. */
	readonly #known = new SvelteMap<string, 'open' | 'closed'>();
	#kernel = $state.raw<KernelView>(NO_KERNEL);
	#refusing = false;

	constructor(options: WidgetHubOptions) {
		this.#options = options;
		this.#doc = options.doc;
		widgetsOf(this.#doc).observeDeep(this.#changed);
		kernelMapOf(this.#doc).observe(this.#kernelChanged);
		for (const id of widgetsOf(this.#doc).keys()) this.#known.set(id, 'open');
		this.#kernelChanged();
	}

	/** Whether a model is there: `closed` where its kernel closed it while this page was open. Reactive. */
	has(id: string): 'open' | 'closed' | 'unknown' {
		return this.#known.get(id) ?? 'unknown';
	}

	/** Why a model takes no changes. Reactive. */
	stillness(id: string): Stillness {
		const owner = widgetsOf(this.#doc).get(id)?.get('kernel');
		const { kernel, state } = this.#kernel;
		if (typeof owner !== 'string' || kernel !== owner || GONE.has(state)) return 'kernel';
		if (state !== 'idle' && state !== 'busy') return 'link';
		if (!this.#options.mayRun()) return 'role';
		return this.#options.connected() ? null : 'offline';
	}

	/** A frame begins to draw. */
	attach(tell: (message: ToFrame) => void): WidgetClient {
		const client = new WidgetClient(tell);
		this.#clients.add(client);
		return client;
	}

	detach(client: WidgetClient): void {
		this.#clients.delete(client);
	}

	/** A frame asks for a model: give it whole, and the links that tie it to others. */
	request(client: WidgetClient, id: string): void {
		if (client.models.has(id)) return;
		const has = { live: false, seen: 0 };
		client.models.set(id, has);
		client.turn = client.turn.then(async () => {
			const state = await this.#assemble(id, null);
			if (state) Object.assign(state, this.#outboxes.get(id)?.held());
			has.live = this.stillness(id) === null;
			client.tell({ type: 'model', id, live: has.live, state });
		});
		for (const link of this.#linksOf(id)) client.tell({ type: 'load', id: link });
	}

	/** A person moved something in a frame. */
	take(client: WidgetClient, { id, n, data, buffers }: Extract<FromFrame, { type: 'comm' }>): void {
		const has = client.models.get(id);
		if (!has || this.stillness(id) !== null) return;
		has.seen = n;
		let outbox = this.#outboxes.get(id);
		if (!outbox) {
			outbox = new WidgetOutbox({
				send: (message) => this.#options.send({ do: 'comm', comm: id, ...message }),
				settled: (keys) => this.#follow(id, keys),
				agrees: (key, own) => this.#agrees(id, key, own),
				failed: (error) => this.#failed(error)
			});
			this.#outboxes.set(id, outbox);
		}
		if (data.method === 'custom') return outbox.custom(data.content, buffers);
		const own = outbox.update(data, buffers);
		// Other outputs on this page that draw the same model move along at once.
		for (const other of this.#clients) {
			if (other !== client) tellState(other, id, own);
		}
	}

	/** Tell the frames what takes changes now; to be called when `stillness` has changed for a reason of this page. */
	refresh(): void {
		this.#tellLive();
	}

	/** News of the room; those of widgets go to the frames that have the model. */
	news(news: RoomNews): void {
		if (news.news !== 'custom') return;
		for (const client of this.#having(news.comm)) {
			const { comm: id, content } = news;
			client.turn = client.turn.then(() =>
				client.tell({ type: 'custom', id, content, buffers: news.buffers.map(bytesOfBase64) })
			);
		}
	}

	close(): void {
		widgetsOf(this.#doc).unobserveDeep(this.#changed);
		kernelMapOf(this.#doc).unobserve(this.#kernelChanged);
		for (const outbox of this.#outboxes.values()) outbox.close();
		this.#clients.clear();
	}

	#changed = (events: Y.YEvent<Y.AbstractType<unknown>>[]): void => {
		const keys = new Map<string, Set<string>>();
		let owners = false;
		for (const event of events) {
			const [id, part] = event.path as string[];
			if (id === undefined) for (const [one, { action }] of event.changes.keys) this.#appeared(one, action);
			else if (part === undefined) owners = true;
			else {
				const dirty = keys.get(id) ?? new Set();
				keys.set(id, dirty);
				for (const key of event.changes.keys.keys()) dirty.add(part === 'buffers' ? rootOf(key) : key);
			}
		}
		for (const [id, dirty] of keys) this.#follow(id, [...dirty]);
		if (owners) this.#tellLive();
	};

	#appeared(id: string, action: string): void {
		if (action === 'delete') {
			this.#known.set(id, 'closed');
			this.#outboxes.get(id)?.close();
			this.#outboxes.delete(id);
			for (const client of this.#having(id)) {
				client.models.delete(id);
				client.tell({ type: 'closed', id });
			}
			return;
		}
		this.#known.set(id, 'open');
		// A link between models that are on the screen already.
		const state = widgetsOf(this.#doc).get(id)?.get('state');
		if (!(state instanceof Y.Map) || !isLink(state)) return;
		const ends = referredModels([state.get('source'), state.get('target')]);
		for (const client of this.#clients) {
			if ([...ends].some((end) => client.models.has(end))) client.tell({ type: 'load', id });
		}
	}

	/** Give the frames what the document says of some keys, except those that are held here. */
	#follow(id: string, keys: string[]): void {
		const outbox = this.#outboxes.get(id);
		const free = outbox ? keys.filter((key) => outbox.follows(key)) : keys;
		if (free.length === 0) return;
		for (const client of this.#having(id)) {
			client.turn = client.turn.then(async () => {
				const state = await this.#assemble(id, free);
				if (!state || !this.#clients.has(client)) return;
				for (const key of free) if (this.#outboxes.get(id)?.holds(key)) delete state[key];
				tellState(client, id, state);
			});
		}
	}

	async #assemble(id: string, keys: string[] | null): Promise<ModelState | null> {
		const widget = readWidget(this.#doc, id);
		return widget && (await assembleKeys(widget, keys, this.#options.blobUrl));
	}

	/** Whether the document already has a value that was sent. */
	#agrees(id: string, key: string, own: OwnState[string]): boolean {
		const widget = readWidget(this.#doc, id);
		if (!widget || own.buffers.length > 0) return false;
		return JSON.stringify(widget.state[key]) === JSON.stringify(own.value);
	}

	#failed(error: unknown): void {
		if (this.#refusing) return;
		this.#refusing = true;
		setTimeout(() => (this.#refusing = false), 3000);
		this.#options.refused(error instanceof ProblemError ? error.problem : NOT_TAKEN);
	}

	#kernelChanged = (): void => {
		const now = readKernel(this.#doc);
		const { kernel, state } = this.#kernel;
		if (now.kernel === kernel && now.state === state) return;
		this.#kernel = now;
		this.#tellLive();
	};

	#tellLive(): void {
		for (const client of this.#clients) {
			for (const [id, has] of client.models) {
				const on = this.stillness(id) === null;
				if (on === has.live) continue;
				has.live = on;
				client.turn = client.turn.then(async () => {
					// What was moved while it was still is taken back.
					const state = on ? await this.#assemble(id, null) : null;
					if (state) tellState(client, id, state);
					client.tell({ type: 'live', id, on });
				});
			}
		}
	}

	*#having(id: string): Generator<WidgetClient> {
		for (const client of this.#clients) if (client.models.has(id)) yield client;
	}

	#linksOf(id: string): string[] {
		const links: string[] = [];
		for (const [other, map] of widgetsOf(this.#doc)) {
			const state = map.get('state');
			if (!(state instanceof Y.Map) || !isLink(state)) continue;
			if (referredModels([state.get('source'), state.get('target')]).has(id)) links.push(other);
		}
		return links;
	}
}

/** States in which no kernel runs, whatever is known of the last one. */
const GONE: ReadonlySet<KernelState> = new Set(['none', 'dead']);

function tellState(client: WidgetClient, id: string, state: ModelState): void {
	const has = client.models.get(id);
	if (has && Object.keys(state).length > 0) client.tell({ type: 'state', id, state, seen: has.seen });
}

function isLink(state: Y.Map<unknown>): boolean {
	return state.get('_model_name') === 'LinkModel' || state.get('_model_name') === 'DirectionalLinkModel';
}

function rootOf(path: string): string {
	return String((JSON.parse(path) as (string | number)[])[0]);
}

const NOT_TAKEN: Problem = {
	code: 'widget-not-sent',
	title: 'What you moved did not reach the kernel.',
	detail: 'The widget shows the last state that the kernel knows.',
	remedy: 'Try it again.'
};
