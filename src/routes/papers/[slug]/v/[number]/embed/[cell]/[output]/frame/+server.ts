import { versionNumber } from '../../../../../../../../api/papers/card-fields.ts';
import { orErrorPage } from '../../../../../../../../problem-of.ts';
import { outputNumber } from '../../../../../../../embed-page.ts';
import type { RequestHandler } from './$types';

/**
 * The frame of an output inside a page of others: as on the card, in an opaque origin and without network, but those around
 * the page around it may be anybody.
 */
export const GET: RequestHandler = async ({ locals, params: { slug, number, cell, output } }) => {
	const at = {
		slug,
		number: versionNumber(number),
		cell,
		output: outputNumber(output),
		part: 'frame' as const
	};
	const { body, headers } = await orErrorPage(locals.services.papers.output(at, locals.caller));
	const policy = headers['Content-Security-Policy']!.replace(/frame-ancestors [^;]*/, 'frame-ancestors *');
	return new Response(typeof body === 'string' ? body : new Uint8Array(body), {
		headers: {
			...headers,
			'Content-Security-Policy': policy,
			'Cross-Origin-Resource-Policy': 'cross-origin',
			'cache-control': 'private, max-age=3600'
		}
	});
};
