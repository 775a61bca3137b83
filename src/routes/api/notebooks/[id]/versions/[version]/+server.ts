import { download } from '../../../../download.ts';
import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => {
	const { versions, notebooks } = locals.services;
	const { entry, text } = await versions.read(caller, params.id, Number(params.version));
	const { title } = await notebooks.get(caller, params.id);
	const name = title.replace(/[\\/:*?"<>|\p{C}]+/gu, ' ').trim() || 'notebook';
	return download(text, 'application/x-ipynb+json', `${name} (version ${entry.number}).ipynb`);
});
