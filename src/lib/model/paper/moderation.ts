/** Who sees a card: what its owners say, and what an administrator says where cards are looked at first. */

export interface Shown {
	visibility: 'draft' | 'public';
	/** `waiting` and `refused` are for owners and administrators alone. */
	moderation: 'open' | 'waiting' | 'refused';
}

/** Whether a card is for everybody. */
export function isOpen({ visibility, moderation }: Shown): boolean {
	return visibility === 'public' && moderation === 'open';
}

/**
 * Where a card stands after its owners said who sees it. `before` is null for a new one; `looked` is whether cards are looked at
 * first. What was let through stays so while it is public; what was refused waits again when it is handed in again, whatever is
 * set by then, as does what waited already.
 */
export function handedIn(
	before: Shown | null,
	visibility: Shown['visibility'],
	looked: boolean
): Shown['moderation'] {
	const moderation = before?.moderation ?? 'open';
	if (visibility === 'draft') return moderation;
	if (moderation !== 'open') return 'waiting';
	return looked && before?.visibility !== 'public' ? 'waiting' : 'open';
}

/** Whether administrators are to be told: it waits now, and did not before (null: was not there). */
export function beginsToWait(now: Shown, before: Shown | null): boolean {
	const waits = (card: Shown | null): boolean =>
		card?.visibility === 'public' && card.moderation === 'waiting';
	return waits(now) && !waits(before);
}
