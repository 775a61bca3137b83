/** A cell or an output of a version as a page that others may show in theirs. */
import { versionNumber } from '../api/papers/card-fields.ts';
import { orErrorPage } from '../problem-of.ts';
import { cachingOf, FRESH } from './card-page.ts';
import { error } from '@sveltejs/kit';

/** The place among the outputs of a cell that an address names. 404 for what is none. */
export function outputNumber(text: string): number {
	if (/^\d{1,5}$/.test(text)) return Number(text);
	error(404, { message: 'There is no such output.', remedy: 'Check the address.' });
}

export async function embedPage(
	{ services, caller }: App.Locals,
	{ slug, number, cell, output }: { slug: string; number: string; cell: string; output: number | null },
	setHeaders: (headers: Record<string, string>) => void
) {
	const at = { slug, number: versionNumber(number), cell, output };
	const { card, html } = await orErrorPage(services.papers.embed(at, caller));
	setHeaders({
		'cache-control': cachingOf(card, FRESH),
		'cross-origin-resource-policy': 'cross-origin'
	});
	return {
		html,
		title: card.paper.title,
		number: card.number,
		url: `${services.site.origin}/papers/${slug}/v/${card.number}`
	};
}
