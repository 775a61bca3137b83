import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import { operationBody, pathOf } from './file-request.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals, params, url }, caller) =>
	locals.services.files.list(caller, params.id, pathOf(url, '~'))
);

export const POST: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) =>
	locals.services.files.operate(caller, params.id, await readBody(request, operationBody), request.signal)
);
