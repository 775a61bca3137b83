import { publication, PUBLICATION_BYTES, withUrl } from '../../../papers/card-fields.ts';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals: { services }, params }, caller) => {
	const { card, ...rest } = await services.papers.ofNotebook(caller, params.id);
	return { ...rest, card: card && withUrl(card, services.site.origin) };
});

export const POST: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params, request }, caller) => {
		const what = await readBody(request, publication, PUBLICATION_BYTES);
		const card = withUrl(await services.papers.publish(caller, params.id, what), services.site.origin);
		return json(card, { status: 201, headers: { location: card.url } });
	}
);
