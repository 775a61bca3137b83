import { error } from '@sveltejs/kit';
import { bibtexOf } from '#lib/model/paper/bibtex.ts';
import { cslOf } from '#lib/model/paper/csl.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
import { risOf } from '#lib/model/paper/ris.ts';
import { download } from '../../../api/download.ts';
import { orErrorPage } from '../../../problem-of.ts';
import { cachingOf, FRESH } from '../../card-page.ts';
import type { RequestHandler } from './$types';

const KINDS: Record<string, [mime: string, write: (paper: Paper, url: string) => string]> = {
	bib: ['application/x-bibtex; charset=utf-8', (paper, cardUrl) => bibtexOf(paper, { cardUrl })],
	ris: ['application/x-research-info-systems; charset=utf-8', risOf],
	json: [
		'application/vnd.citationstyles.csl+json',
		(paper, url) => `${JSON.stringify([cslOf(paper, url)], null, '\t')}\n`
	]
};

export const GET: RequestHandler = async ({ locals: { services, caller }, params: { slug, kind } }) => {
	if (!Object.hasOwn(KINDS, kind))
		error(404, { message: 'There is no such format.', remedy: 'Take bib, ris or json.' });
	const card = await orErrorPage(services.papers.card(slug, caller));
	const [mime, write] = KINDS[kind]!;
	const response = download(
		write(card.paper, `${services.site.origin}/papers/${slug}`),
		mime,
		`${slug}.${kind}`
	);
	response.headers.set('cache-control', cachingOf(card, FRESH));
	return response;
};
