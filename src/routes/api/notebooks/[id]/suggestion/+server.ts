import { suggestion } from '../../../papers/card-fields.ts';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals: { services }, params }, caller) =>
	services.paperSuggestions.draft(caller, params.id)
);

export const POST: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params, request }, caller) => {
		const { words } = await readBody(request, suggestion);
		return json(await services.paperSuggestions.suggest(caller, params.id, words), { status: 201 });
	}
);
