import type { CellId } from '#lib/model/ids.ts';
import { shownKey } from '#lib/client/command-keys.ts';
import { commandById, execute } from '#lib/client/command-registry.ts';
import { isMac, keyLabel } from '#lib/client/keys.ts';
import type { NotebookSession } from '#lib/client/session.svelte.ts';
import type { MenuItem } from '#lib/components/ui/Menu.svelte';

/** Lines of a menu from ids of commands; what is not for this person is left out, and so are rules with nothing between. */
export function menuItems(session: NotebookSession, ids: string[], cell?: CellId): MenuItem[] {
	const items = ids.flatMap((id): MenuItem[] => {
		if (id === 'separator') return ['separator'];
		const command = commandById(id);
		if (!command.available(session)) return [];
		const keys = shownKey(command, session.preferences.values);
		return [
			{
				label: command.title,
				...(keys ? { keys: keyLabel(keys, isMac()) } : {}),
				disabled: command.cell && (cell ?? session.selection.cell) === null,
				// A closing menu gives the focus back to its button; what the command does with it comes after.
				act: () => setTimeout(() => execute(session, command, cell ?? session.selection.cell), 20)
			}
		];
	});
	return items.filter(
		(item, i) => item !== 'separator' || (i > 0 && i < items.length - 1 && items[i - 1] !== 'separator')
	);
}
