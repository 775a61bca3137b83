import * as v from 'valibot';
import { readBody, readQuery } from '../../../../request.ts';
import { endpoint } from '../../../../respond.ts';
import { suggestionDecision } from '../../../card-fields.ts';
import type { RequestHandler } from './$types';

const query = v.object({ format: v.optional(v.picklist(['ipynb'], 'must be ipynb')) });

export const GET: RequestHandler = endpoint(
	'read',
	async ({ locals: { services }, params: { slug, suggestion }, url }, caller) => {
		if (readQuery(url, query).format === undefined)
			return services.paperSuggestions.read(caller, slug, suggestion);
		return new Response(await services.paperSuggestions.file(caller, slug, suggestion), {
			headers: {
				'content-type': 'application/x-ipynb+json',
				'cache-control': 'private, no-store',
				'content-disposition': `attachment; filename="${slug}-suggestion.ipynb"`
			}
		});
	}
);

export const PUT: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params: { slug, suggestion }, request }, caller) =>
		services.paperSuggestions.decide(caller, slug, suggestion, await readBody(request, suggestionDecision))
);

export const DELETE: RequestHandler = endpoint(
	'write',
	({ locals: { services }, params: { slug, suggestion } }, caller) =>
		services.paperSuggestions.withdraw(caller, slug, suggestion)
);
