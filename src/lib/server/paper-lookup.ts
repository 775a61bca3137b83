/**
 * What services know of a paper: doi.org (which sends us on to Crossref or DataCite), arXiv, INSPIRE. Each is asked one question at
 * a time, with the pause that it wants, and answers are kept for a while. Whatever fails, everything can be typed in.
 */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { identifierUrl, readIdentifier, type Identifier } from '#lib/model/paper/identifiers.ts';
import { mergeDrafts, type PaperDraft } from '#lib/model/paper/paper.ts';
import { readArxivFeed } from '#lib/model/paper/read-arxiv.ts';
import { readCsl } from '#lib/model/paper/read-csl.ts';
import { readInspireRecord } from '#lib/model/paper/read-inspire.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { AddressRules } from './outbound-address.ts';
import { getOutbound, type OutboundAnswer } from './outbound.ts';
import { busy, missing, QUESTIONS, tooMany, unknownText, withTyping, wrong } from './paper-lookup-problem.ts';
import { createTurns } from './turns.ts';

export interface FoundPaper {
	draft: PaperDraft;
	/** The host that said so, and where a person reads it. */
	source: string;
	url: string;
}

/** Kept answers, so that the same question is not asked again. A table could do the same for several servers. */
export interface LookupCache {
	/** Undefined: not asked yet. Null: there is no such paper. */
	get(key: string): Promise<FoundPaper | null | undefined>;
	set(key: string, found: FoundPaper | null, keepMs: number): Promise<void>;
}

export interface PaperLookupOptions extends AddressRules {
	/** What services see of us: the program with its version, the address of the site, how to reach its operator. */
	userAgent: () => string;
	cache: LookupCache;
	services?: Partial<Services>;
	timeoutMs?: number;
	/** For tests: whose certificates are trusted instead of the usual ones. */
	ca?: string;
}

/** Where services are asked, without a slash at the end. */
export interface Services {
	doi: string;
	/** Hosts to which doi.org sends on. */
	doiRedirects: readonly string[];
	arxiv: string;
	/** Between two questions, in milliseconds. arXiv wants three seconds (its "Terms of Use for arXiv APIs"). */
	arxivPauseMs: number;
	inspire: string;
	/** INSPIRE takes 15 questions in 5 seconds. */
	inspirePauseMs: number;
}

export interface PaperLookup {
	/**
	 * What is known of the paper that a text names. `person` is who asks: each has a number of questions. Rejects with a
	 * ProblemError that says that everything can be typed in: 400 for what names no paper, 404 where there is none, 429 after
	 * too many questions, 502 to 504 where a service cannot be asked now.
	 */
	lookup(text: string, person: string): Promise<FoundPaper>;
}

const SERVICES: Services = {
	doi: 'https://doi.org',
	doiRedirects: [
		'api.crossref.org',
		'data.crossref.org',
		'data.crosscite.org',
		'api.datacite.org',
		'data.datacite.org'
	],
	arxiv: 'https://export.arxiv.org',
	arxivPauseMs: 3_000,
	inspire: 'https://inspirehep.net',
	inspirePauseMs: 350
};
const TIMEOUT_MS = 20_000;
/** A record of 5 000 authors with their affiliations has about 4 MB. */
const MOST_BYTES = 12 * 1024 * 1024;
const KEEP_FOUND_MS = 24 * 60 * 60 * 1000;
const KEEP_MISSING_MS = 10 * 60 * 1000;
/** When a service is busy and does not say for how long. */
const BUSY_MS = 60_000;
const INSPIRE_FIELDS =
	'abstracts,arxiv_eprints,authors.full_name,authors.ids,authors.raw_affiliations,authors.affiliations.value,authors.inspire_roles,' +
	'collaborations,control_number,corporate_author,document_type,dois,earliest_date,imprints,keywords,languages,license,' +
	'preprint_date,publication_info,texkeys,titles';

export function createPaperLookup(options: PaperLookupOptions): PaperLookup {
	const services = { ...SERVICES, ...options.services };
	const perPerson = new RateLimiterMemory(QUESTIONS);
	const turns = {
		doi: createTurns(0),
		arxiv: createTurns(services.arxivPauseMs),
		inspire: createTurns(services.inspirePauseMs)
	};
	/** Until when a service asked us to leave it alone. */
	const closed = new Map<keyof typeof turns, number>();
	/** Questions under way: who asks the same waits for the same answer. */
	const asked = new Map<string, Promise<FoundPaper | null>>();

	const rules = {
		...options,
		hosts: [
			...[services.doi, services.arxiv, services.inspire].map((url) => new URL(url).host),
			...services.doiRedirects
		],
		timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
		maxBytes: MOST_BYTES
	};

	async function ask(
		service: keyof typeof turns,
		url: string,
		accept: string
	): Promise<OutboundAnswer | null> {
		return turns[service].run(async () => {
			const left = (closed.get(service) ?? 0) - Date.now();
			if (left > 0) throw busy(url, left);
			const answer = await getOutbound(url, accept, { ...rules, userAgent: options.userAgent() });
			if (answer.status === 404 || answer.status === 410) return null;
			if (answer.status === 429 || answer.status === 503) {
				const wait = answer.retryAfterMs ?? BUSY_MS;
				closed.set(service, Date.now() + wait);
				throw busy(url, wait);
			}
			if (answer.status !== 200) throw wrong(url, `It answered with the status ${answer.status}.`);
			return answer;
		});
	}

	async function askDoi(id: string): Promise<FoundPaper | null> {
		const path = id.split('/').map(encodeURIComponent).join('/');
		const url = `${services.doi}/${path}`;
		const answer = await ask('doi', url, 'application/vnd.citationstyles.csl+json');
		const draft = answer && readCsl(jsonOf(answer, url));
		// the answer is that of the DOI, whatever it calls itself
		return (
			draft &&
			found(mergeDrafts(id.startsWith('10.48550/arxiv.') ? {} : { doi: id }, draft), answer, {
				kind: 'doi',
				id
			})
		);
	}

	async function askArxiv(id: string): Promise<FoundPaper | null> {
		const url = `${services.arxiv}/api/query?id_list=${encodeURIComponent(id)}&max_results=1`;
		const answer = await ask('arxiv', url, 'application/atom+xml');
		if (answer && !/^(?:application|text)\/(?:atom\+)?xml$/.test(answer.contentType))
			throw wrong(url, `It answered with ${answer.contentType || 'nothing known'} instead of a feed.`);
		const draft = answer && readArxivFeed(answer.body.toString('utf8'), id);
		return draft && found(draft, answer, { kind: 'arxiv', id });
	}

	async function askInspire(kind: 'inspire' | 'texkey', id: string): Promise<FoundPaper | null> {
		const path =
			kind === 'inspire'
				? `/${encodeURIComponent(id)}?fields=${INSPIRE_FIELDS}`
				: `?q=${encodeURIComponent(`texkeys:"${id}"`)}&size=1&fields=${INSPIRE_FIELDS}`;
		const url = `${services.inspire}/api/literature${path}`;
		const answer = await ask('inspire', url, 'application/json');
		const draft = answer && readInspireRecord(jsonOf(answer, url));
		return draft && found(draft, answer, { kind, id });
	}

	function findOut({ kind, id }: Identifier): Promise<FoundPaper | null> {
		if (kind === 'doi') return askDoi(id);
		return kind === 'arxiv' ? askArxiv(id) : askInspire(kind, id);
	}

	async function once(identifier: Identifier): Promise<FoundPaper | null> {
		const key = `${identifier.kind}:${identifier.id}`;
		const kept = await options.cache.get(key);
		if (kept !== undefined) return kept;
		const running = asked.get(key);
		if (running) return running;
		const answer = findOut(identifier)
			.then(async (paper) => {
				await options.cache.set(key, paper, paper ? KEEP_FOUND_MS : KEEP_MISSING_MS);
				return paper;
			})
			.finally(() => asked.delete(key));
		asked.set(key, answer);
		return answer;
	}

	return {
		async lookup(text, person) {
			const identifier = readIdentifier(text);
			if (!identifier) throw unknownText();
			try {
				await perPerson.consume(person);
			} catch (refused) {
				throw tooMany((refused as { msBeforeNext?: number }).msBeforeNext ?? BUSY_MS);
			}
			let paper;
			try {
				paper = await once(identifier);
			} catch (error) {
				if (error instanceof ProblemError)
					throw new ProblemError(error.status, withTyping(error.problem), { cause: error });
				throw error;
			}
			if (!paper) throw missing(identifier);
			return paper;
		}
	};
}

function found(
	draft: PaperDraft,
	{ host }: OutboundAnswer,
	identifier: Pick<Identifier, 'kind' | 'id'>
): FoundPaper {
	return { draft, source: host, url: identifierUrl(identifier) };
}

function jsonOf({ contentType, body }: OutboundAnswer, url: string): unknown {
	if (!/^application\/(?:[\w.-]+\+)?json$/.test(contentType))
		throw wrong(url, `It answered with ${contentType || 'nothing known'} instead of JSON.`);
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		throw wrong(url, 'What it answered is no whole JSON.');
	}
}
