import { WIDGET_BUNDLE } from 'virtual:widget-frame';
import { widgetDocument, widgetPolicy } from './widget-document.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = ({ url, request }) => {
	// Behind a proxy the address of the site; directly, what the browser asked for.
	const hosts = [url.host, request.headers.get('host') ?? url.host];
	return new Response(widgetDocument(WIDGET_BUNDLE), {
		headers: {
			'content-type': 'text/html; charset=utf-8',
			'content-security-policy': widgetPolicy(WIDGET_BUNDLE, hosts),
			'x-content-type-options': 'nosniff',
			'referrer-policy': 'no-referrer'
		}
	});
};
