import { FRAME_POLICY } from '#lib/render/frame-policy.ts';
import { FRAME_DOCUMENT } from './frame-document.ts';

export function GET(): Response {
	return new Response(FRAME_DOCUMENT, {
		headers: {
			'content-type': 'text/html; charset=utf-8',
			'content-security-policy': FRAME_POLICY,
			'x-content-type-options': 'nosniff',
			'referrer-policy': 'no-referrer',
			'cache-control': 'public, max-age=300'
		}
	});
}
