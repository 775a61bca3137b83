import type { PaperSuggestion } from '#lib/model/paper/suggestion.ts';
import type { Shown } from '#lib/model/paper/moderation.ts';

/** Who sees a card, in two or three words for its owners. */
export function standingWords({ visibility, moderation }: Shown): string {
	if (visibility === 'draft') return 'Draft';
	if (moderation === 'waiting') return 'Waits to be looked at';
	return moderation === 'refused' ? 'Not let through' : 'Public';
}

/** Where a suggestion stands, in a word. */
export function suggestionWords({ state }: PaperSuggestion): string {
	if (state === 'open') return 'Open';
	return state === 'taken' ? 'Taken' : 'Declined';
}
