import { paperFeed } from '../paper-feed.ts';
import type { RequestHandler } from './$types';

const MOST = 100;

export const GET: RequestHandler = async ({ locals: { services } }) => {
	const { origin } = services.site;
	return paperFeed(await services.papers.newest(MOST), {
		origin,
		path: '/papers',
		title: `Papers on ${new URL(origin).host}`,
		// before the first paper
		updated: '2026-01-01T00:00:00Z'
	});
};
