import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import { decision } from '../../card-fields.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = endpoint(
	'write',
	async ({ locals: { services }, params, request }, caller) =>
		services.paperModeration.decide(caller, params.slug, await readBody(request, decision))
);
