import { error } from '@sveltejs/kit';
import type { WorkspaceRow } from '#lib/server/services.ts';
import { signedIn } from '../guard.ts';
import { orErrorPage } from '../problem-of.ts';

/** The workspace a page is about, of whoever is signed in; the error page where it is not theirs. */
export async function ownWorkspace(locals: App.Locals, id: string): Promise<WorkspaceRow> {
	const rows = await orErrorPage(locals.services.workspaces.list(signedIn(locals)));
	const workspace = rows.find((row) => row.id === id);
	if (workspace) return workspace;
	error(404, {
		message: 'There is no such workspace.',
		code: 'workspace-unknown',
		detail: 'It was removed, or it belongs to somebody else.',
		remedy: 'Choose one of yours under Workspaces.'
	});
}
