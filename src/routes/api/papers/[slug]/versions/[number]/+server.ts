import * as v from 'valibot';
import { download } from '../../../../download.ts';
import { readQuery } from '../../../../request.ts';
import { openEndpoint } from '../../../../respond.ts';
import { versionNumber, withUrl } from '../../../card-fields.ts';
import type { RequestHandler } from './$types';

const query = v.object({ format: v.optional(v.picklist(['ipynb'], 'must be ipynb')) });

export const GET: RequestHandler = openEndpoint(
	async ({ locals: { services }, params: { slug, number }, url }, caller) => {
		const version = versionNumber(number);
		if (readQuery(url, query).format) {
			const { content, mime } = await services.papers.download(slug, version, 'ipynb', caller);
			return download(content, mime, `${slug}-v${version}.ipynb`);
		}
		return withUrl(await services.papers.version(slug, version, caller), services.site.origin);
	}
);
