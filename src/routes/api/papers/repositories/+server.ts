import { readQuery } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import { repositoryQuery } from '../card-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals, url }, caller) => {
	// what is left empty in a form is not said
	const said = [...url.searchParams].filter(([, value]) => value.trim() !== '');
	const asked = new URL(`?${new URLSearchParams(said).toString()}`, url);
	return locals.services.paperGit.look(caller, readQuery(asked, repositoryQuery));
});
