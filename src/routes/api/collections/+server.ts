import * as v from 'valibot';
import { readBody, readQuery } from '../request.ts';
import { endpoint, json, openEndpoint, requireScope } from '../respond.ts';
import { newCollection, withAddress } from './collection-fields.ts';
import type { RequestHandler } from './$types';

const query = v.object({ of: v.optional(v.picklist(['me'], 'must be me')) });

export const GET: RequestHandler = openEndpoint(async ({ locals: { services }, url }, caller) => {
	const mine = readQuery(url, query).of === 'me';
	const found = mine
		? await services.collections.mine(requireScope(caller, 'read'))
		: await services.collections.list();
	return { collections: found.map((one) => withAddress(one, services.site.origin)) };
});

export const POST: RequestHandler = endpoint('write', async ({ locals: { services }, request }, caller) => {
	const { slug } = await services.collections.create(caller, await readBody(request, newCollection));
	const url = `${services.site.origin}/papers/collections/${slug}`;
	return json({ slug, url }, { status: 201, headers: { location: url } });
});
