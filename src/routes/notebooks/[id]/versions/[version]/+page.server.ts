import { readNotebook } from '#lib/client/notebook-read.ts';
import type { Json } from '#lib/model/json.ts';
import { signedIn } from '../../../../guard.ts';
import { orErrorPage } from '../../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const caller = signedIn(locals);
	const { notebooks, versions } = locals.services;
	const { id, title } = await orErrorPage(notebooks.get(caller, params.id));
	const { entry, text } = await orErrorPage(versions.read(caller, id, Number(params.version)));
	// What is kept is nbformat 4.5.
	return { notebook: { id, title }, version: entry, content: readNotebook(JSON.parse(text) as Json)! };
};
