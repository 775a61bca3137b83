import { endpoint, json } from '../../../../../respond.ts';
import { versionNumber } from '../../../../card-fields.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params: { slug, number } }, caller) => {
		const { id } = await services.papers.copy(caller, slug, versionNumber(number));
		const url = `${services.site.origin}/notebooks/${id}`;
		return json({ id, url }, { status: 201, headers: { location: url } });
	}
);
