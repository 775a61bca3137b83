/** A paper card and its versions, as pages and the HTTP interface see them. Times are ISO 8601. */
import type { CellId } from '../ids.ts';
import type { Shown } from './moderation.ts';
import type { Paper } from './paper.ts';

/** What a version was made with, as far as the notebook says. */
export interface PaperEnvironment {
	/** Name and title of the kernelspec; null where the notebook never had a kernel. */
	kernelspec: { name: string; title: string } | null;
	language: string | null;
	languageVersion: string | null;
	/** Name → version. Empty where no kernel has told. */
	packages: Record<string, string>;
}

/** A repository at a commit. */
export interface PaperSource {
	url: string;
	commit: string;
	/** The tag or branch that was asked for, which may be elsewhere by now; null where it was the commit or nothing. */
	ref: string | null;
	/** What was looked at, from the root; empty for all of it. */
	folder: string;
	/** The notebook, from the root. */
	path: string;
}

/** A data file of a version. */
export interface PaperFile {
	/** From the folder of the notebook. */
	path: string;
	/** In bytes. */
	size: number;
	/** SHA-256, in hex. */
	hash: string;
}

/** The picture that leads a card. */
export interface KeyPlot {
	/** SHA-256 of the bytes. */
	hash: string;
	mime: string;
	/** For who does not see it. */
	alternative: string;
}

/** One card of the gallery. */
export interface CardEntry extends Shown {
	slug: string;
	/** The newest version. */
	number: number;
	paper: Paper;
	plot: KeyPlot | null;
	publishedAt: string;
	updatedAt: string;
}

export interface VersionLine {
	number: number;
	at: string;
}

/** One version with what leads to the others. */
export interface CardVersion extends CardEntry {
	latest: number;
	/** All of them, newest first. */
	versions: VersionLine[];
	environment: PaperEnvironment;
	source: PaperSource | null;
	/** Beside the notebook, by their paths. */
	files: PaperFile[];
	/** SHA-256 of the notebook file. */
	digest: string;
	/** Display name of who published it; null when the account is gone. */
	by: string | null;
	/** What an administrator said to the owners; empty where nothing was. */
	moderationWords: string;
}

/** A picture among the outputs of a notebook: the address of one for the key plot. */
export interface PlotChoice {
	cell: CellId;
	/** Its place among the outputs of the cell. */
	output: number;
	mime: string;
	/** Base64, or the text of an SVG. */
	data: string;
	/** What the notebook says of it: its name, or the line above. Empty without. */
	words: string;
}

export const SORTS = ['newest', 'year', 'title'] as const;

/** What a reader of the gallery asks for. */
export interface GalleryQuery {
	/** Words that all must be there. */
	search: string;
	tag: string | null;
	sort: (typeof SORTS)[number];
	/** From 1. */
	page: number;
}

export interface Gallery {
	cards: CardEntry[];
	/** That fit the question, on all pages. */
	total: number;
	pages: number;
	/** The most used ones with how often, of all public cards. */
	tags: { tag: string; count: number }[];
}

/** Cards on one page of the gallery. */
export const CARDS_PER_PAGE = 24;

/** The most characters of the words for a plot. */
export const MOST_ALTERNATIVE = 1_000;
