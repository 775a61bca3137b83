/** What people and the kernel say to each other beside running cells: answers to questions, widgets, suggestions, variables. */
import type { RunId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import { answerInput } from '#lib/model/run.ts';
import type { KernelLink } from './kernel-link.ts';
import type { Projection } from './projection.ts';
import { packagesOf } from './packages.ts';
import { complete, inspect, type Ask } from './questions.ts';
import { listVariables, readTable } from './variables.ts';
import type { WidgetFold } from './widget-fold.ts';

/** The commands that belong here. */
export type TalkCommand = Extract<
	RoomCommand,
	{ do: 'input' | 'comm' | 'complete' | 'inspect' | 'variables' | 'table' }
>;

const TALK: ReadonlySet<RoomCommand['do']> = new Set([
	'input',
	'comm',
	'complete',
	'inspect',
	'variables',
	'table'
]);

export function isTalk(command: RoomCommand): command is TalkCommand {
	return TALK.has(command.do);
}

export class KernelTalk {
	readonly #link: KernelLink;
	readonly #projection: Projection;
	readonly #widgets: WidgetFold;
	readonly #used: () => void;
	readonly #ask: Ask = (question) => this.#link.ask(question);

	/** `used` is called when somebody uses the kernel without running a cell. */
	constructor(link: KernelLink, projection: Projection, widgets: WidgetFold, used: () => void) {
		this.#link = link;
		this.#projection = projection;
		this.#widgets = widgets;
		this.#used = used;
	}

	/** Refuses with ProblemError; a suggestion that cannot be had is an empty one. */
	async command(command: TalkCommand): Promise<CommandResult> {
		const kernel = this.#link.alive ? this.#projection.kernel : null;
		switch (command.do) {
			case 'input':
				return this.#answer(command.run, command.seq, command.value);
			case 'comm':
				return this.#comm(command.comm, command.data as JsonObject, command.buffers ?? []);
			case 'complete': {
				const { code, cursor } = command;
				return kernel
					? complete(this.#ask, code, cursor)
					: { completions: { from: cursor, to: cursor, options: [] } };
			}
			case 'inspect':
				return kernel
					? inspect(this.#ask, command.code, command.cursor, command.detail)
					: { inspection: null };
			case 'variables':
				return listVariables(this.#ask, kernel);
			case 'table':
				return readTable(this.#ask, kernel, command);
		}
	}

	/** What is installed beside the kernel; null where none lives, it is busy, or it is of a language that is not asked. */
	async packages(): Promise<Record<string, string> | null> {
		const kernel = this.#link.alive ? this.#projection.kernel : null;
		if (!kernel || (kernel.state === 'busy' && !kernel.subshell)) return null;
		return packagesOf(this.#ask, kernel.language);
	}

	/** Everybody in the notebook sees the question; the first answer counts. */
	async #answer(id: RunId, seq: number, value: string): Promise<CommandResult> {
		const run = this.#projection.run(id);
		if (run?.input?.seq !== seq) throw new ProblemError(409, NOT_ASKED);
		// Before what the kernel prints next.
		this.#projection.put(answerInput(run, value));
		try {
			await this.#link.answer(id, seq, value);
		} catch (error) {
			const now = this.#projection.run(id);
			if (now && now.finishedAt === null) this.#projection.put({ ...now, input: run.input });
			throw error;
		}
		return {};
	}

	async #comm(comm: string, data: JsonObject, buffers: string[]): Promise<CommandResult> {
		const bytes = buffers.map((text) => new Uint8Array(Buffer.from(text, 'base64')));
		const message = this.#link.held ? this.#widgets.fromViewer(comm, data, bytes) : null;
		if (!message) throw new ProblemError(409, WIDGET_GONE);
		this.#used();
		await this.#link.comm(message);
		return {};
	}
}

const NOT_ASKED = {
	code: 'not-asked',
	title: 'This question has been answered, or its run has ended.',
	remedy: 'Look at the cell: what came of it is there.'
};

const WIDGET_GONE = {
	code: 'widget-gone',
	title: 'The kernel of this widget is not running.',
	remedy: 'Run the cell again to bring the widget back to life.'
};
