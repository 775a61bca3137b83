import { endpoint } from '../../respond.ts';
import { withUrl } from '../card-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals: { services } }, caller) => {
	const { waiting, refused } = await services.paperModeration.queue(caller);
	const { origin } = services.site;
	return {
		waiting: waiting.map((card) => withUrl(card, origin)),
		refused: refused.map((card) => withUrl(card, origin))
	};
});
