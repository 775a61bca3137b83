/** Whether a machine can hold guests: the agent puts its walls up once and looks at them from within. */
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type WorkspaceId } from '#lib/model/ids.ts';
import type { Problem } from '#lib/model/problem.ts';

const PATIENCE_S = 40;
const LOOK_MS = 200;

/** Why guests cannot run there; null when they can. The workspace is connected. */
export async function guestTrial(
	gateway: Pick<KernelGateway, 'startTask' | 'task' | 'forgetTask'>,
	workspace: WorkspaceId,
	name: string
): Promise<Problem | null> {
	const task = `guest-trial-${newId()}`;
	await gateway.startTask(workspace, task, {
		argv: ['{python}', '{agent}', 'guest', 'try'],
		timeout: PATIENCE_S
	});
	const end = Date.now() + (PATIENCE_S + 10) * 1000;
	let status = await gateway.task(workspace, task);
	while (status.state === 'running' && Date.now() < end) {
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		status = await gateway.task(workspace, task);
	}
	await gateway.forgetTask(workspace, task).catch(() => undefined);
	const said = readAnswer(status.output);
	if (said?.ok === true) return null;
	return {
		code: 'guests-walls',
		title: `Guests cannot be kept apart on ${name}, so none are let in.`,
		detail: said?.problem
			? `${said.problem.charAt(0).toUpperCase()}${said.problem.slice(1)}.`
			: status.output.trim().split('\n').at(-1)?.slice(0, 300) || 'The trial did not come to an end.',
		remedy: 'Choose another machine, or let its account make namespaces.'
	};
}

function readAnswer(output: string): { ok: boolean; problem: string | null } | null {
	const line = output.split('\n').findLast((one) => one.startsWith('{"ok":'));
	try {
		return line === undefined ? null : (JSON.parse(line) as { ok: boolean; problem: string | null });
	} catch {
		return null;
	}
}
