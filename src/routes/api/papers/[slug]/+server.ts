import { readBody } from '../../request.ts';
import { endpoint, openEndpoint } from '../../respond.ts';
import { BODY_BYTES, cardChange, withUrl } from '../card-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = openEndpoint(async ({ locals: { services }, params }, caller) =>
	withUrl(await services.papers.card(params.slug, caller), services.site.origin)
);

export const PATCH: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params, request }, caller) => {
		const change = await readBody(request, cardChange, BODY_BYTES);
		const { paper, visibility } = change;
		const card = await services.papers.edit(caller, params.slug, {
			...(paper ? { paper } : {}),
			...(visibility ? { visibility } : {})
		});
		return withUrl(card, services.site.origin);
	}
);
