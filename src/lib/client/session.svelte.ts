/**
 * An open notebook: the connection and the views on it, in one place for the components below the page. What one can do
 * with it is in `actions.ts`; keys and menus come from `command-registry.ts`.
 */
import { getContext, setContext } from 'svelte';
import type * as Y from 'yjs';
import { can, type Action, type Role } from '#lib/model/role.ts';
import type { NotebookPreferences, Preferences } from '#lib/model/preference.ts';
import type { Run } from '#lib/model/run.ts';
import { batonReason } from './baton-words.ts';
import { duration } from './render/words.ts';
import { RoomCommands } from './commands.ts';
import { NotebookConnection } from './connection.ts';
import { notifyProblem } from './notify.ts';
import { NotebookView } from './notebook.svelte.ts';
import { PreferenceScope } from './preferences.svelte.ts';
import { Presence } from './presence.svelte.ts';
import { RunNotifier } from './run-notifier.svelte.ts';
import { RuntimeView } from './runtime.svelte.ts';
import { Selection } from './selection.svelte.ts';
import { ConnectionStatus } from './status.svelte.ts';
import { notebookUndo } from './undo.ts';
import { UsageHistory } from './usage.svelte.ts';
import { WidgetHub } from './widgets.svelte.ts';

export interface SessionOptions {
	id: string;
	genesis: string;
	role: Role;
	user: { id: string; name: string };
	/** Tell of own runs that took at least so many seconds while the page is in the background; null: never. */
	notifyAfterS?: number | null;
	/** How the person left this notebook, on whatever device. */
	arranged?: NotebookPreferences;
	/** What holds for them everywhere. */
	preferences?: PreferenceScope<Preferences>;
	/** Fetch the page's data again: the role may be another one. */
	refresh: () => void;
	/** Go to another page of this site. */
	go?: (path: string) => void;
}

export type Panel = 'kernel' | 'people' | 'queue' | 'terminals' | 'variables' | null;
export type DialogName = 'batch' | 'share' | 'help' | 'palette' | 'connect' | 'restart' | 'tags' | null;

export class NotebookSession {
	readonly id: string;
	readonly user: { id: string; name: string };
	readonly connection: NotebookConnection;
	readonly status: ConnectionStatus;
	readonly notebook: NotebookView;
	readonly runtime: RuntimeView;
	readonly presence: Presence;
	readonly commands: RoomCommands;
	readonly widgets: WidgetHub;
	readonly undo: Y.UndoManager;
	readonly selection = new Selection();
	readonly usage = new UsageHistory();
	readonly preferences: PreferenceScope<Preferences>;
	/** How this notebook is arranged: panels, place, cell. */
	readonly arranged: PreferenceScope<NotebookPreferences>;
	readonly notifier: RunNotifier;
	readonly go: (path: string) => void;
	role = $state<Role>('viewer');
	panel = $state<Panel>(null);
	outline = $state(false);
	dialog = $state<DialogName>(null);
	/** The workspace a connect dialog is about. */
	connecting = $state<string | null>(null);
	/** What was last said to screen readers. */
	announcement = $state('');

	constructor(options: SessionOptions) {
		this.id = options.id;
		this.user = options.user;
		this.go = options.go ?? ((path) => location.assign(path));
		this.preferences = options.preferences ?? new PreferenceScope<Preferences>('', {});
		this.arranged = new PreferenceScope(`notebook:${options.id}`, options.arranged ?? {});
		this.notifier = new RunNotifier({
			me: options.user.id,
			afterS: options.notifyAfterS ?? null,
			title: () => this.notebook.title,
			show: (run) => void this.selection.select(run.cell)
		});
		this.role = options.role;
		this.status = new ConnectionStatus(() => this.connection);
		const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/collab`;
		this.connection = new NotebookConnection(url, options.id, options.genesis, {
			changed: () => this.status.changed(),
			roleChanged: options.refresh,
			tooBig: () => notifyProblem(TOO_BIG),
			news: (news) => {
				this.widgets.news(news);
				this.usage.take(news);
			}
		});
		this.notebook = new NotebookView(this.connection.doc);
		this.runtime = new RuntimeView(this.connection.runtimeDoc, (run) => this.#finished(run));
		this.presence = new Presence(this.connection.provider.awareness!, options.user);
		this.commands = new RoomCommands(this.connection);
		this.widgets = new WidgetHub({
			doc: this.connection.runtimeDoc,
			blobUrl: (hash) => `/api/notebooks/${options.id}/blobs/${hash}`,
			send: (command) => this.commands.send(command),
			mayRun: () => this.can('run'),
			connected: () => this.status.live,
			refused: notifyProblem
		});
		this.undo = notebookUndo(this.connection.doc);
	}

	/** Go on with the rest of several cells after an error in one. */
	get keepGoing(): boolean {
		return this.preferences.values.keepGoing === true;
	}

	can(action: Action): boolean {
		return can(this.role, action);
	}

	/** Why nothing may be run by this person now although their role allows it; null when they may. */
	get held(): string | null {
		return batonReason(this.runtime.kernel.baton, this.user.id);
	}

	/** Whether edits are taken now: one's role, and that the notebook is not lost for good. */
	get editable(): boolean {
		return this.can('edit') && this.status.ended === null;
	}

	close(): void {
		this.status.stop();
		this.undo.destroy();
		this.presence.close();
		this.widgets.close();
		this.usage.close();
		this.notifier.close();
		this.runtime.close();
		this.notebook.close();
		this.connection.close();
	}

	#finished(run: Run): void {
		const number = this.notebook.order.indexOf(run.cell) + 1;
		if (number === 0) return;
		this.notifier.finished(run, number);
		const took = run.durationMs === null ? '' : ` in ${duration(run.durationMs)}`;
		this.announcement =
			run.state === 'done'
				? `Cell ${number} finished${took}`
				: run.state === 'error'
					? `Cell ${number} failed${took}`
					: `Cell ${number} was ${run.state}`;
	}
}

const KEY = Symbol('notebook session');

export function provideSession(session: NotebookSession): void {
	setContext(KEY, session);
}

export function useSession(): NotebookSession {
	return getContext<NotebookSession>(KEY);
}

const TOO_BIG = {
	code: 'message-too-big',
	title: 'The server refused an edit: it is too big.',
	detail: 'One change was larger than the connection allows.',
	remedy: 'Undo it, and put large data into a file instead.'
};
