import { expect, test } from 'vitest';
import { statusSentence, type ConnectionFacts } from '#lib/client/status-sentence.ts';

const GOOD: ConnectionFacts = {
	ready: true,
	live: true,
	pending: 0,
	readOnly: false,
	storageAway: false,
	ended: null
};

test.each<[string, Partial<ConnectionFacts>]>([
	['Saved', {}],
	['Saving…', { pending: 1 }],
	['Connecting…', { ready: false, live: false }],
	['Offline', { live: false }],
	['Offline, 1 change kept here', { live: false, pending: 1 }],
	['Offline, 12 changes kept here', { live: false, pending: 12 }],
	['Not saved, 2 changes kept here', { storageAway: true, live: false, pending: 2 }],
	['Read-only', { readOnly: true }],
	['Signed out, 3 changes kept here', { ended: 'signed-out', live: false, pending: 3 }],
	['No longer shared with you', { ended: 'forbidden', live: false }],
	['Out of date', { ended: 'genesis', live: false }]
])('%s', (text, facts) => {
	expect(statusSentence({ ...GOOD, ...facts }).text).toBe(text);
});

test('Saved is never said while anything is pending or the connection is away', () => {
	for (const live of [true, false]) {
		for (const pending of [0, 1, 5]) {
			for (const storageAway of [true, false]) {
				const { kind } = statusSentence({ ...GOOD, live, pending, storageAway });
				if (kind === 'saved')
					expect({ live, pending, storageAway }).toEqual({ live: true, pending: 0, storageAway: false });
			}
		}
	}
});
