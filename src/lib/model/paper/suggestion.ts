/** What somebody who copied the example of a paper gives back to its owners. Times are ISO 8601. */

/** The most characters of the words that come with one, or of an answer. */
export const SUGGESTION_WORDS = 4_000;

export type SuggestionState = 'open' | 'taken' | 'declined';

export interface PaperSuggestion {
	id: string;
	/** Of the card. */
	slug: string;
	/** The version it starts from. */
	number: number;
	/** Display name; null when the account is gone. */
	by: string | null;
	/** Whether it is the reader's own. */
	own: boolean;
	/** What it is for, as plain text. */
	words: string;
	state: SuggestionState;
	/** What the owners said to it; empty where nothing. */
	answer: string;
	createdAt: string;
	decidedAt: string | null;
}

/** One with what it changes: the cells as text, without outputs. */
export interface SuggestionChange extends PaperSuggestion {
	before: string;
	after: string;
}

/** What owners say of one. `take` brings it into the notebook of the card where there is one they may write in. */
export interface SuggestionDecision {
	decision: 'take' | 'decline';
	words: string;
}

/** What came of a decision. */
export interface DecidedSuggestion {
	suggestion: PaperSuggestion;
	/** Into which notebook it was brought, and what was done there in words; null: into none. */
	merged: { notebook: string; summary: string; conflicts: number } | null;
}
