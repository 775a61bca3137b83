import { orErrorPage } from '../../../../problem-of.ts';
import { paperFeed } from '../../../paper-feed.ts';
import type { RequestHandler } from './$types';

/** For readers of feeds, which are nobody in particular: what everybody sees. */
export const GET: RequestHandler = async ({ locals: { services }, params: { slug } }) => {
	const { title, cards, createdAt } = await orErrorPage(services.collections.read(slug, null));
	const path = `/papers/collections/${slug}`;
	return paperFeed(cards, { origin: services.site.origin, path, title, updated: createdAt });
};
