/**
 * Identifiers: 20 letters and digits (about 119 bits) from the platform's cryptographic source.
 * They are safe in a URL, in a file name and as an nbformat 4.5 cell id (`^[a-zA-Z0-9-_]{1,64}$`).
 */
export type NotebookId = string;
export type CellId = string;
export type RunId = string;
export type KernelId = string;
export type UserId = string;
export type WorkspaceId = string;

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A fresh identifier. Rejection sampling keeps every letter equally likely. */
export function newId(length = 20): string {
	let id = '';
	while (id.length < length) {
		for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
			if (byte < 248 && id.length < length) id += ALPHABET[byte % 62];
		}
	}
	return id;
}

/** True for what `newId` makes and for what nbformat 4.5 allows as a cell id. */
export function isCellId(value: unknown): value is CellId {
	return typeof value === 'string' && /^[a-zA-Z0-9\-_]{1,64}$/.test(value);
}
