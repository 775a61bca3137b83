/** What the page of a version shows, ready for a component that only writes it down. */
import type { CardVersion } from '#lib/model/paper/card.ts';
import { citationOf } from '#lib/model/paper/citation.ts';
import { isOpen, type Shown } from '#lib/model/paper/moderation.ts';
import {
	highwireTags,
	jsonForScript,
	openGraphTags,
	scholarlyArticle,
	type CardPage
} from '#lib/model/paper/page-tags.ts';

/** Asked for again each time, and answered with 304 where nothing has changed: who has just published sees it. */
export const FRESH = 'public, no-cache';
/** What belongs to a version, which never changes. */
export const FOR_EVER = 'public, max-age=31536000, immutable';

/** What is not open is for those who may see it; what is open is the same for everybody. */
export function cachingOf(card: Shown, ofPublic: string): string {
	return isOpen(card) ? ofPublic : 'private, no-store';
}

/** Somebody reads it; the page does not wait for that to be written. Who only asks whether it is there does not read. */
export function countView(
	{ services, caller }: App.Locals,
	card: CardVersion,
	{ method, headers }: Request
): void {
	if (method !== 'GET' || card.visibility !== 'public' || headers.get('sec-purpose')?.startsWith('prefetch'))
		return;
	services.paperCounts.viewed(card.slug, card.number, caller, headers.get('user-agent'));
}

export async function cardPage(
	{ services }: App.Locals,
	card: CardVersion,
	setHeaders: (headers: Record<string, string>) => void
) {
	const { origin } = services.site;
	const permanent = `${origin}/papers/${card.slug}/v/${card.number}`;
	const example = await services.papers.example(card);
	const health = await services.paperChecks.health([card]);
	const about: CardPage = {
		url: permanent,
		site: 'Ansatz',
		published: card.publishedAt,
		modified: card.updatedAt,
		...(card.plot ? { image: { url: `${permanent}/plot`, alternative: card.plot.alternative } } : {})
	};
	setHeaders({ 'cache-control': cachingOf(card, FRESH) });
	return {
		card,
		example,
		health: health[card.slug] ?? null,
		permanent,
		citation: citationOf(card.paper, permanent),
		names: highwireTags(card.paper, about),
		properties: openGraphTags(card.paper, about),
		jsonLd: `<script type="application/ld+json">${jsonForScript(scholarlyArticle(card.paper, about))}</script>`
	};
}
