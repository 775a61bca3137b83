/**
 * Every command of the notebook page in one table: the palette, the menus, the keys and the help page are made from it.
 */
import type { CellId } from '#lib/model/ids.ts';
import * as act from './actions.ts';
import type { NotebookSession } from './session.svelte.ts';

export type Group = 'Run' | 'Cell' | 'Kernel' | 'View' | 'Notebook';

export interface NotebookCommand {
	id: string;
	title: string;
	group: Group;
	/** In the notation of keys.ts; the first is the one that is shown. */
	keys: readonly string[];
	/** `command`: a cell has the focus, not its text · `edit`: only in the text · `any`: everywhere on the page. */
	mode: 'command' | 'edit' | 'both' | 'any';
	/** Needs a cell to act on. */
	cell: boolean;
	available: (session: NotebookSession) => boolean;
	run: (session: NotebookSession, cell: CellId) => void;
}

const runs = (session: NotebookSession) => session.can('run');
const edits = (session: NotebookSession) => session.editable;
const kernels = (session: NotebookSession) => session.can('kernel');
const several = (session: NotebookSession) => session.selection.several.size > 1;
const always = () => true;

type Row = [
	id: string,
	title: string,
	keys: string[],
	mode: NotebookCommand['mode'],
	NotebookCommand['available'],
	NotebookCommand['run']
];

function rows(group: Group, cell: boolean, list: Row[]): NotebookCommand[] {
	return list.map(([id, title, keys, mode, available, run]) => ({
		id,
		title,
		group,
		keys,
		mode,
		cell,
		available,
		run
	}));
}

export const COMMANDS: readonly NotebookCommand[] = [
	...rows('Run', true, [
		['run-next', 'Run cell and go to the next', ['Shift+Enter'], 'both', always, act.runAndNext],
		['run', 'Run cell', ['Mod+Enter'], 'both', always, act.runInPlace],
		['run-insert', 'Run cell and add one below', ['Alt+Enter'], 'both', runs, act.runAndInsert],
		['run-above', 'Run all above', ['Mod+F8'], 'both', runs, act.runAbove],
		['run-below', 'Run this cell and all below', ['Mod+F10'], 'both', runs, act.runBelow],
		['run-selected', 'Run the selected cells', [], 'any', several, act.runSelected]
	]),
	...rows('Run', false, [
		['run-all', 'Run all cells', ['Mod+F9'], 'any', runs, act.runAll],
		['run-stale', 'Run what is new or changed', ['Mod+Shift+F9'], 'any', runs, act.runStale],
		[
			'keep-going',
			'Keep going after an error',
			[],
			'any',
			runs,
			(s) => s.preferences.set('keepGoing', s.keepGoing ? null : true)
		],
		['queue', 'Queue', [], 'any', always, (s) => (s.panel = s.panel === 'queue' ? null : 'queue')],
		[
			'cancel',
			'Take back everything that waits',
			[],
			'any',
			runs,
			(s) => void act.command(s, { do: 'cancel', runs: 'all' })
		]
	]),
	...rows('Cell', true, [
		['edit', 'Edit cell', ['Enter'], 'command', always, (s, id) => void s.selection.edit(id)],
		['leave', 'Leave the text', ['Escape', 'Mod+M'], 'edit', always, (s, id) => void s.selection.select(id)],
		[
			'insert-above',
			'Add cell above',
			['A', 'Mod+M A'],
			'command',
			edits,
			(s, id) => void act.insertAbove(s, id, 'code')
		],
		[
			'insert-below',
			'Add cell below',
			['B', 'Mod+M B'],
			'command',
			edits,
			(s, id) => void act.insertBelow(s, id, 'code')
		],
		['delete', 'Delete cell', ['D D', 'Mod+M D'], 'command', edits, act.removeCell],
		['to-code', 'Make it code', ['Y', 'Mod+M Y'], 'command', edits, (s, id) => act.changeType(s, id, 'code')],
		[
			'to-markdown',
			'Make it text (Markdown)',
			['M', 'Mod+M M'],
			'command',
			edits,
			(s, id) => act.changeType(s, id, 'markdown')
		],
		['to-raw', 'Make it raw', ['R'], 'command', edits, (s, id) => act.changeType(s, id, 'raw')],
		['move-up', 'Move cell up', ['Mod+Shift+ArrowUp'], 'both', edits, (s, id) => act.move(s, id, -1)],
		['move-down', 'Move cell down', ['Mod+Shift+ArrowDown'], 'both', edits, (s, id) => act.move(s, id, 1)],
		['split', 'Split cell at the caret', ['Mod+Shift+-', 'Mod+Shift+_'], 'edit', edits, act.split],
		['merge', 'Merge with the cell below', ['Shift+M', 'Mod+Shift+M'], 'command', edits, act.mergeBelow],
		[
			'tags',
			'Tags…',
			[],
			'any',
			edits,
			(s, id) => {
				s.selection.entered(id, 'command');
				s.dialog = 'tags';
			}
		],
		['copy', 'Copy the cell’s text', ['C'], 'command', always, (s, id) => void act.copyCell(s, id)],
		['clear', 'Clear the cell’s output', [], 'any', edits, act.clearSelected],
		['next', 'Next cell', ['J', 'ArrowDown'], 'command', always, (s) => void act.step(s, 1, 'command')],
		[
			'previous',
			'Previous cell',
			['K', 'ArrowUp'],
			'command',
			always,
			(s) => void act.step(s, -1, 'command')
		],
		[
			'select-next',
			'Select the next cell too',
			['Shift+ArrowDown', 'Shift+J'],
			'command',
			always,
			(s) => act.extend(s, 1)
		],
		[
			'select-previous',
			'Select the previous cell too',
			['Shift+ArrowUp', 'Shift+K'],
			'command',
			always,
			(s) => act.extend(s, -1)
		],
		['select-all', 'Select all cells', ['Mod+A'], 'command', always, act.selectAll],
		['select-one', 'Select only this cell', ['Escape'], 'command', several, act.selectOne]
	]),
	...rows('Notebook', false, [
		['undo', 'Undo my last change', ['Z'], 'command', edits, act.undo],
		['redo', 'Redo', ['Shift+Z'], 'command', edits, act.redo],
		['clear-all', 'Clear all outputs', [], 'any', edits, (s) => act.clearOutputs(s, 'all')],
		[
			'add-code',
			'Add a code cell at the end',
			[],
			'any',
			edits,
			(s) => void act.insertAt(s, s.notebook.order.length, 'code')
		],
		[
			'add-text',
			'Add a text cell at the end',
			[],
			'any',
			edits,
			(s) => void act.insertAt(s, s.notebook.order.length, 'markdown')
		],
		['batch', 'Run as a batch job…', [], 'any', kernels, (s) => (s.dialog = 'batch')],
		['share', 'Share…', [], 'any', (s) => s.can('share'), (s) => (s.dialog = 'share')]
	]),
	...rows('Kernel', false, [
		['interrupt', 'Interrupt what runs', ['I I', 'Mod+M I'], 'command', (s) => s.can('interrupt'), act.stop],
		['restart', 'Restart the kernel…', ['0 0', 'Mod+M .'], 'command', kernels, (s) => (s.dialog = 'restart')],
		['shutdown', 'Shut the kernel down', [], 'any', kernels, (s) => void act.command(s, { do: 'shutdown' })],
		[
			'kernel',
			'Choose where it runs',
			[],
			'any',
			always,
			(s) => (s.panel = s.panel === 'kernel' ? null : 'kernel')
		]
	]),
	...rows('View', false, [
		['palette', 'All commands', ['Mod+Shift+P', 'Mod+K'], 'any', always, (s) => (s.dialog = 'palette')],
		['help', 'Keyboard shortcuts', ['H', '?'], 'command', always, (s) => (s.dialog = 'help')],
		['outline', 'Outline', [], 'any', always, (s) => (s.outline = !s.outline)],
		[
			'variables',
			'Variables',
			[],
			'any',
			runs,
			(s) => (s.panel = s.panel === 'variables' ? null : 'variables')
		],
		[
			'terminals',
			'Terminal',
			[],
			'any',
			runs,
			(s) => (s.panel = s.panel === 'terminals' ? null : 'terminals')
		],
		['people', 'Who is here', [], 'any', always, (s) => (s.panel = s.panel === 'people' ? null : 'people')]
	])
];

export function commandById(id: string): NotebookCommand {
	return COMMANDS.find((command) => command.id === id)!;
}

/** Do a command on the cell one is at; nothing happens where it does not apply. */
export function execute(
	session: NotebookSession,
	command: NotebookCommand,
	cell = session.selection.cell
): void {
	if (!command.available(session)) return;
	if (!command.cell) command.run(session, '');
	else if (cell !== null && session.notebook.order.includes(cell)) command.run(session, cell);
}
