import { createHash } from 'node:crypto';
import { badgeSvg } from '#lib/model/paper/badge.ts';
import type { CardVersion } from '#lib/model/paper/card.ts';
import { picture } from '../api/download.ts';
import { cachingOf, FRESH } from './card-page.ts';

/** The badge of a version. Asked for again each time: what shows it (a host of repositories) keeps it for as long as it may. */
export async function badge(
	{ services }: App.Locals,
	card: CardVersion,
	request: Request
): Promise<Response> {
	const { slug, number } = card;
	const health = await services.paperChecks.health([{ slug, number }]);
	const svg = badgeSvg(health[slug] ?? null);
	const etag = `"${createHash('sha256').update(svg).digest('hex').slice(0, 32)}"`;
	const headers = { etag, 'cache-control': cachingOf(card, FRESH) };
	if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
	const response = picture(new TextEncoder().encode(svg), 'image/svg+xml');
	for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
	return response;
}
