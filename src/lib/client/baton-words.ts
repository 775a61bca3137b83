import type { KernelView } from '#lib/model/runtime-doc.ts';

/** Why this person may not run anything now: somebody else holds the baton. null when they may. */
export function batonReason(baton: KernelView['baton'], me: string): string | null {
	if (baton === null || baton.id === me) return null;
	return `${baton.name} holds the baton: only they run cells now.`;
}

/** What stands in the top bar for everybody while the baton is held; null while it is free. */
export function batonMark(baton: KernelView['baton'], me: string): string | null {
	if (baton === null) return null;
	return baton.id === me ? 'You run' : `${baton.name} runs`;
}
