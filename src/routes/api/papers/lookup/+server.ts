import * as v from 'valibot';
import { readQuery } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import type { RequestHandler } from './$types';

const query = v.object({ id: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(500)), '') });

export const GET: RequestHandler = endpoint('read', ({ locals, url }, caller) =>
	locals.services.papers.lookup(caller, readQuery(url, query).id)
);
