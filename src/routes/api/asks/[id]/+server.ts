import * as v from 'valibot';
import { askAnswer } from '#lib/model/ask.ts';
import { readBody } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({ answer: askAnswer });

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { answer } = await readBody(request, body);
	locals.services.asks.answer(caller, params.id, answer);
});
