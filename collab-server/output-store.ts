/** Large and binary outputs: bytes by their SHA-256 in the database, references in the document. */
import { createHash } from 'node:crypto';
import type { Database } from '#db/database.ts';
import { blobs, notebookBlobs } from '#db/schema.ts';

import {
	INLINE_LIMIT_BYTES,
	isBinaryMime,
	isBlobRef,
	type BlobRef,
	type MimeBundle,
	type MimeValue,
	type Output
} from '#lib/model/output.ts';

interface Blob {
	hash: string;
	mime: string;
	bytes: Uint8Array;
}

/** Collects the blobs of one notebook until `flush` has them in the database. */
export class OutputStore {
	readonly #db: Database;
	readonly #notebook: string;
	#pending = new Map<string, Blob>();
	/** Bytes that wait to be written. */
	pendingBytes = 0;
	#stored = new Set<string>();

	constructor(db: Database, notebook: string) {
		this.#db = db;
		this.#notebook = notebook;
	}

	/** Replace what is binary or large in a bundle of a kernel message by references. */
	externalise(bundle: MimeBundle): MimeBundle {
		return Object.fromEntries(
			Object.entries(bundle).map(([mime, value]) => [mime, this.#externaliseValue(mime, value)])
		);
	}

	/** The same for a whole output, as an import needs it. */
	externaliseOutput(output: Output): Output {
		if (output.type !== 'display_data' && output.type !== 'execute_result') return output;
		return { ...output, data: this.externalise(output.data) };
	}

	/** Keep bytes under their hash. */
	put(mime: string, bytes: Uint8Array): BlobRef {
		const hash = createHash('sha256').update(bytes).digest('hex');
		if (!this.#stored.has(hash) && !this.#pending.has(hash)) {
			this.#pending.set(hash, { hash, mime, bytes });
			this.pendingBytes += bytes.byteLength;
		}
		return { blob: hash, size: bytes.byteLength, mime };
	}

	/** Write what was put since the last call. A reference goes into the document only after this resolved. */
	async flush(): Promise<void> {
		if (this.#pending.size === 0) return;
		const batch = [...this.#pending.values()];
		for (const blob of batch) {
			await this.#db.transaction(async (tx) => {
				await tx
					.insert(blobs)
					.values({ hash: blob.hash, mime: blob.mime, size: blob.bytes.byteLength, data: blob.bytes })
					.onConflictDoNothing();
				await tx
					.insert(notebookBlobs)
					.values({ notebookId: this.#notebook, hash: blob.hash })
					.onConflictDoNothing();
			});
			this.#pending.delete(blob.hash);
			this.pendingBytes -= blob.bytes.byteLength;
			this.#stored.add(blob.hash);
		}
	}

	get hasPending(): boolean {
		return this.#pending.size > 0;
	}

	#externaliseValue(mime: string, value: MimeValue): MimeValue {
		// A kernel may say anything, also something that looks like a reference; it is kept as the text it is.
		if (isBlobRef(value)) return this.put(mime, new TextEncoder().encode(JSON.stringify(value)));
		if (typeof value === 'string') {
			if (isBinaryMime(mime)) return this.put(mime, new Uint8Array(Buffer.from(value, 'base64')));
			return value.length > INLINE_LIMIT_BYTES ? this.put(mime, new TextEncoder().encode(value)) : value;
		}
		const text = JSON.stringify(value);
		return text.length > INLINE_LIMIT_BYTES ? this.put(mime, new TextEncoder().encode(text)) : value;
	}
}
