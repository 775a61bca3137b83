import { error } from '@sveltejs/kit';
import type { OutputPart } from '#lib/server/page/options.ts';
import { versionNumber } from '../../../../../../../../api/papers/card-fields.ts';
import { orErrorPage } from '../../../../../../../../problem-of.ts';
import type { RequestHandler } from './$types';

const PARTS: readonly string[] = ['frame', 'picture', 'whole'] satisfies OutputPart[];

/** A picture, a frame or the whole of a long output, under the policy that belongs to it. */
export const GET: RequestHandler = async ({ locals, params: { slug, number, cell, output, part } }) => {
	const { papers } = locals.services;
	if (!PARTS.includes(part) || !/^\d{1,5}$/.test(output))
		error(404, { message: 'There is no such output.', remedy: 'Check the address.' });
	const at = { slug, number: versionNumber(number), cell, output: Number(output), part: part as OutputPart };
	const file = await orErrorPage(papers.output(at, locals.caller));
	return new Response(typeof file.body === 'string' ? file.body : new Uint8Array(file.body), {
		// A draft that is shown today may be taken back tomorrow: asked again after a while.
		headers: { ...file.headers, 'cache-control': 'private, max-age=3600' }
	});
};
