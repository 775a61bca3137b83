import { endpoint, json } from '../../../../../respond.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params: { slug, suggestion } }, caller) => {
		const { id } = await services.paperSuggestions.copy(caller, slug, suggestion);
		const url = `${services.site.origin}/notebooks/${id}`;
		return json({ id, url }, { status: 201, headers: { location: url } });
	}
);
