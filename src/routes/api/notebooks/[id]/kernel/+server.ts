import * as v from 'valibot';
import { resourcesSchema } from '#lib/model/job.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { extraMinutes, type RoomCommand } from '#lib/model/room-command.ts';
import type { Caller, Services } from '#lib/server/services.ts';
import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const body = v.object({
	action: v.picklist(
		['start', 'interrupt', 'restart', 'shutdown', 'keep', 'extend'],
		'must be start, interrupt, restart, shutdown, keep or extend'
	),
	workspace: v.nullish(name),
	kernelspec: v.nullish(name),
	gpus: v.nullish(
		v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))), v.maxLength(64))
	),
	resources: v.nullish(resourcesSchema),
	minutes: v.nullish(extraMinutes)
});

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => {
	return (await locals.services.rooms.state(caller, params.id)).kernel;
});

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { rooms } = locals.services;
	const command = await commandOf(await readBody(request, body), caller, locals.services);
	await rooms.command(caller, params.id, command);
	return (await rooms.state(caller, params.id)).kernel;
});

async function commandOf(
	{ action, workspace, kernelspec, gpus, resources, minutes }: v.InferOutput<typeof body>,
	caller: Caller,
	{ workspaces }: Services
): Promise<RoomCommand> {
	if (action === 'extend') return { do: action, minutes: minutes ?? 30 };
	if (action !== 'start') return { do: action };
	const where = workspace ?? (await workspaces.list(caller))[0]?.id;
	if (where === undefined) {
		throw new ProblemError(409, {
			code: 'workspace-missing',
			title: 'There is no machine to start the kernel on.',
			detail: 'You have no workspace yet.',
			remedy: 'Add one, and connect to it.'
		});
	}
	return {
		do: 'start',
		workspace: where,
		...(kernelspec ? { spec: kernelspec } : {}),
		...(gpus ? { gpus } : {}),
		...(resources ? { resources } : {})
	};
}
