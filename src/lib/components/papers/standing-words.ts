import type { Shown } from '#lib/model/paper/moderation.ts';

/** Who sees a card, in two or three words for its owners. */
export function standingWords({ visibility, moderation }: Shown): string {
	if (visibility === 'draft') return 'Draft';
	if (moderation === 'waiting') return 'Waits to be looked at';
	return moderation === 'refused' ? 'Not let through' : 'Public';
}
