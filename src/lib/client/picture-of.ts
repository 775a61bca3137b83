/** Pictures that can lead a card, as addresses and as what is sent. */
import type { PlotChoice } from '#lib/model/paper/card.ts';
import { MOST_PICTURE_BYTES, pictureKind } from '#lib/model/paper/picture-kind.ts';

/** A picture that a person chose from their files. */
export interface UploadedPicture {
	name: string;
	/** An address of its bytes. */
	src: string;
	/** Base64. */
	data: string;
}

/** A picture of nbformat as an address; in an `img` no SVG runs anything. */
export function pictureOf({ mime, data }: PlotChoice): string {
	return mime === 'image/svg+xml'
		? `data:image/svg+xml,${encodeURIComponent(data)}`
		: `data:${mime};base64,${data.replace(/\s/g, '')}`;
}

/** Reads a file; what is no picture is told in a sentence. */
export async function readPicture(file: File): Promise<UploadedPicture | { fault: string }> {
	if (file.size > MOST_PICTURE_BYTES)
		return { fault: `“${file.name}” has more than ${MOST_PICTURE_BYTES / 1_000_000} MB.` };
	const bytes = new Uint8Array(await file.arrayBuffer());
	const kind = pictureKind(bytes);
	if (kind === null) return { fault: `“${file.name}” is neither PNG, JPEG, WebP nor SVG.` };
	const data = base64Of(bytes);
	return { name: file.name, data, src: `data:${kind};base64,${data}` };
}

function base64Of(bytes: Uint8Array): string {
	let text = '';
	// as many arguments as engines take
	for (let at = 0; at < bytes.length; at += 8_192)
		text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
	return btoa(text);
}
