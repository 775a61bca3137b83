/** The words for how safe one's work is. *Saved* means: in the server's database, and nothing else. */
export interface ConnectionFacts {
	ready: boolean;
	live: boolean;
	/** Changes of this tab that are not in the database yet. */
	pending: number;
	readOnly: boolean;
	storageAway: boolean;
	ended: 'genesis' | 'forbidden' | 'signed-out' | null;
}

export interface StatusSentence {
	kind: 'saved' | 'saving' | 'offline' | 'read-only' | 'connecting' | 'ended';
	/** What stands in the top bar. */
	text: string;
	/** The long form: tooltip and screen reader. */
	detail: string;
}

export function statusSentence(facts: ConnectionFacts): StatusSentence {
	const kept = keptHere(facts.pending);
	if (facts.ended === 'signed-out') {
		return {
			kind: 'ended',
			text: facts.pending > 0 ? `Signed out, ${kept}` : 'Signed out',
			detail: 'You were signed out. Sign in again in another tab, then reload this one.'
		};
	}
	if (facts.ended === 'forbidden') {
		return {
			kind: 'ended',
			text: 'No longer shared with you',
			detail: 'Somebody took your access to this notebook away. What you see here is the last state.'
		};
	}
	if (facts.ended === 'genesis') {
		return {
			kind: 'ended',
			text: facts.pending > 0 ? `Out of date, ${kept}` : 'Out of date',
			detail:
				'The notebook was replaced on the server (restored from a backup). Copy what you need, then reload.'
		};
	}
	if (!facts.live && !facts.ready) {
		return { kind: 'connecting', text: 'Connecting…', detail: 'Fetching the notebook.' };
	}
	if (facts.storageAway) {
		return {
			kind: 'offline',
			text: facts.pending > 0 ? `Not saved, ${kept}` : 'Storage is away',
			detail:
				'The server cannot reach its database. Your edits stay in this tab and are sent when it is back.'
		};
	}
	if (!facts.live) {
		return {
			kind: 'offline',
			text: facts.pending > 0 ? `Offline, ${kept}` : 'Offline',
			detail:
				'No connection to the server; trying again. Keep this tab open: your edits are sent when it is back.'
		};
	}
	if (facts.readOnly) {
		return {
			kind: 'read-only',
			text: 'Read-only',
			detail: 'Your role lets you read this notebook, not edit it.'
		};
	}
	if (facts.pending > 0) {
		return { kind: 'saving', text: 'Saving…', detail: 'Your last edits are on their way to the database.' };
	}
	return { kind: 'saved', text: 'Saved', detail: 'Everything you typed is in the database.' };
}

function keptHere(pending: number): string {
	return pending === 1 ? '1 change kept here' : `${pending} changes kept here`;
}
