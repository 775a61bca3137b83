/** The picture that leads a card: one among the outputs of its notebook, or one that somebody sends. */
import { createHash } from 'node:crypto';
import type { blobs } from '#db/schema.ts';
import type { CellId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { keyPlot, plotBytes } from '#lib/model/paper/key-plots.ts';
import { MOST_PICTURE_BYTES, pictureKind } from '#lib/model/paper/picture-kind.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { pictureSize } from './page/picture-size.ts';

/** What leads the card, with the words for who does not see it. */
export type PlotWish = { alternative: string } & (
	| {
			cell: CellId;
			/** Its place among the outputs of the cell. */
			output: number;
	  }
	| { upload: Uint8Array }
);

export type BlobRow = typeof blobs.$inferInsert;

/** Browsers unpack a picture whole: 50 megapixels are 200 MB. */
const MOST_PIXELS = 50_000_000;

/** Throws 409 `plot-gone` for an output that is not there, 413 and 422 for what is no picture that can be shown. */
export function plotOf(content: NotebookContent, wish: PlotWish): BlobRow {
	if ('upload' in wish) return uploadedPicture(wish.upload);
	const choice = keyPlot(content, wish.cell, wish.output);
	if (!choice) {
		throw new ProblemError(409, {
			code: 'plot-gone',
			title: 'The notebook does not show that plot any more.',
			detail: 'Its cell was run again, or is gone.',
			remedy: 'Choose another plot.'
		});
	}
	return blobOf(plotBytes(choice), choice.mime);
}

/** Bytes under their checksum. */
export function blobOf(data: Uint8Array, mime: string): BlobRow {
	const hash = createHash('sha256').update(data).digest('hex');
	return { hash, mime, size: data.byteLength, data };
}

function uploadedPicture(bytes: Uint8Array): BlobRow {
	if (bytes.byteLength > MOST_PICTURE_BYTES)
		throw refused(413, `It has more than ${MOST_PICTURE_BYTES / 1_000_000} MB.`);
	const mime = pictureKind(bytes);
	if (mime === null) throw refused(422, 'It is neither PNG, JPEG, WebP nor SVG, whatever its name says.');
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (mime === 'image/svg+xml') {
		// names that stand for others, and those for others again: a few lines that fill the memory of who looks
		if (buffer.includes('<!ENTITY')) throw refused(422, 'It is an SVG with entities of its own.');
		return blobOf(bytes, mime);
	}
	const size = pictureSize(mime, buffer);
	if (!size) throw refused(422, 'Its width and height cannot be read, or one is larger than 20 000 pixels.');
	if (size.width * size.height > MOST_PIXELS)
		throw refused(422, `It has more than ${MOST_PIXELS / 1_000_000} megapixels.`);
	return blobOf(bytes, mime);
}

function refused(status: number, detail: string): ProblemError {
	return new ProblemError(status, {
		code: 'plot-unusable',
		title: 'This picture cannot lead a card.',
		detail,
		remedy: 'Take a PNG, JPEG, WebP or SVG of at most 5 MB.'
	});
}
