/** The files of a version: each alone, and all together as a zip archive that stands for itself. */
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { and, eq } from 'drizzle-orm';
import { Zip, type ZipInputFile } from 'fflate';
import type { Database } from '#db/database.ts';
import { paperFiles } from '#db/schema-papers.ts';
import { blobs } from '#db/schema.ts';
import type { CardVersion } from '#lib/model/paper/card.ts';
import { readmeOf } from '#lib/model/paper/readme.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { thaw } from './paper-freeze.ts';
import { readCard, readContent, readVersion } from './paper-rows.ts';
import type { Caller } from './services.ts';

/** `reader` null: anybody. What is not theirs to see is 404, as for Papers. */
export interface PaperFiles {
	/** A data file by its path. 404 `file-unknown`. */
	file(slug: string, number: number, path: string, reader: Caller | null): Promise<Uint8Array>;
	/** Notebook, data files and a README in one folder; made while it is read. */
	zip(
		slug: string,
		number: number,
		reader: Caller | null
	): Promise<{ card: CardVersion; body: ReadableStream<Uint8Array> }>;
}

const compress = promisify(deflateRaw);
/** The method of the zip format for deflate (PKWARE's APPNOTE, 4.4.5). */
const DEFLATED = 8;
/** Earliest and latest year that the format can write. */
const YEARS = [1980, 2099] as const;

export function createPaperFiles({ db, origin }: { db: Database; origin: string }): PaperFiles {
	async function bytesOf(hash: string): Promise<Uint8Array> {
		const [row] = await db.select({ data: blobs.data }).from(blobs).where(eq(blobs.hash, hash));
		return row!.data;
	}

	return {
		async file(slug, number, path, reader) {
			const row = await readCard(db, slug, reader);
			// 404 in its own words for a number that is none
			const version = await readVersion(db, row, number);
			const [found] = path.includes('\0')
				? []
				: await db
						.select({ data: blobs.data })
						.from(paperFiles)
						.innerJoin(blobs, eq(blobs.hash, paperFiles.hash))
						.where(
							and(
								eq(paperFiles.paperId, row.id),
								eq(paperFiles.number, version.number),
								eq(paperFiles.path, path)
							)
						);
			if (found) return found.data;
			throw new ProblemError(404, {
				code: 'file-unknown',
				title: 'There is no such file of this version.',
				remedy: 'Its page lists what there is.'
			});
		},

		async zip(slug, number, reader) {
			const row = await readCard(db, slug, reader);
			const card = await readVersion(db, row, number);
			const folder = `${slug}-v${number}`;
			const names = new Set(card.files.map(({ path }) => path));
			const notebook = card.source?.path.split('/').at(-1) ?? 'notebook.ipynb';
			const readme = ['README.txt', 'README-of-the-paper.txt'].find((name) => !names.has(name))!;
			const about = readmeOf(card, `${origin}/papers/${slug}/v/${number}`, notebook);
			const parts: [name: string, read: () => Promise<Uint8Array>][] = [
				[readme, async () => Buffer.from(about)],
				[notebook, async () => Buffer.from(await thaw(await readContent(db, row, number)))],
				...card.files.map(({ path, hash }): [string, () => Promise<Uint8Array>] => [
					path,
					() => bytesOf(hash)
				])
			];
			const entries = parts.map(([name, read]) => ({ name: `${folder}/${name}`, read }));
			return { card, body: zipStream(entries, new Date(card.publishedAt)) };
		}
	};
}

/** One file after the other, each when the reader has taken the one before: one is in memory at a time. */
function zipStream(
	entries: { name: string; read: () => Promise<Uint8Array> }[],
	at: Date
): ReadableStream<Uint8Array> {
	let next = 0;
	let zip: Zip;
	return new ReadableStream<Uint8Array>(
		{
			start(controller) {
				zip = new Zip((error, piece, final) => {
					if (error) return controller.error(error);
					controller.enqueue(piece);
					if (final) controller.close();
				});
			},
			async pull() {
				const entry = entries[next];
				next += 1;
				if (!entry) return zip.end();
				const bytes = await entry.read();
				// packed by zlib, in a thread of its own; fflate writes the archive around it
				const file: ZipInputFile = {
					filename: entry.name,
					...{ size: bytes.byteLength, crc: crc32(bytes), compression: DEFLATED },
					mtime: zipTime(at)
				};
				zip.add(file);
				file.ondata!(null, new Uint8Array(await compress(bytes)), true);
			}
		},
		{ highWaterMark: 0 }
	);
}

/** fflate writes local time; the same archive is the same bytes wherever the server stands. */
function zipTime(at: Date): Date {
	const local = new Date(at.getTime() + at.getTimezoneOffset() * 60_000);
	const year = local.getFullYear();
	return year < YEARS[0] || year > YEARS[1] ? new Date(YEARS[0], 0, 1) : local;
}
