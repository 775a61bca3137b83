import { readBody } from '../../request.ts';
import { endpoint, openEndpoint } from '../../respond.ts';
import { collectionChange, named, wholeCollection } from '../collection-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = openEndpoint(async ({ locals: { services }, params }, caller) =>
	wholeCollection(await services.collections.read(params.slug, caller), services.site.origin)
);

export const PATCH: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params, request }, caller) => {
		const change = named(await readBody(request, collectionChange));
		const changed = await services.collections.update(caller, params.slug, change);
		return wholeCollection(changed, services.site.origin);
	}
);

export const DELETE: RequestHandler = endpoint('write', ({ locals: { services }, params }, caller) =>
	services.collections.remove(caller, params.slug)
);
