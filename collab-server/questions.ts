/** What a viewer asks the kernel and nobody else needs to know: completion and inspection, while a cell runs as well. */
import type { KernelAnswer, KernelQuestion } from '#lib/model/gateway.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { MimeBundle } from '#lib/model/output.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { CommandResult } from '#lib/model/room-command.ts';

/** Longer than this nobody waits for a suggestion. */
const PATIENCE_S = 10;

export type Ask = (question: KernelQuestion) => Promise<KernelAnswer>;

/** Jupyter's complete_request; the types are those of IPython's experimental metadata, where it sends them. */
export async function complete(ask: Ask, code: string, cursor: number): Promise<CommandResult> {
	const reply = await quietly(ask, 'complete_request', { code, cursor_pos: cursor });
	const matches = Array.isArray(reply?.matches) ? reply.matches : [];
	const typed = asObject(reply?.metadata)._jupyter_types_experimental;
	const options = Array.isArray(typed)
		? typed.map((one) => ({ text: String(asObject(one).text ?? ''), type: String(asObject(one).type ?? '') }))
		: matches.map((text) => ({ text: String(text), type: '' }));
	const place = (value: Json | undefined): number => (typeof value === 'number' ? value : cursor);
	return {
		completions: {
			from: place(reply?.cursor_start),
			to: place(reply?.cursor_end),
			options: options.filter(({ text }) => text !== '').slice(0, 1000)
		}
	};
}

/** Jupyter's inspect_request. */
export async function inspect(ask: Ask, code: string, cursor: number, detail: 0 | 1): Promise<CommandResult> {
	const reply = await quietly(ask, 'inspect_request', { code, cursor_pos: cursor, detail_level: detail });
	return { inspection: reply?.found === true ? (asObject(reply.data) as MimeBundle) : null };
}

/** The content of the reply; null when the kernel is busy, slow or refuses: a suggestion that does not come is no fault. */
async function quietly(ask: Ask, msgType: string, content: JsonObject): Promise<JsonObject | null> {
	try {
		const answer = await ask({ msgType, content, seconds: PATIENCE_S });
		return answer.content.status === 'ok' ? answer.content : null;
	} catch (error) {
		if (error instanceof ProblemError) return null;
		throw error;
	}
}

function asObject(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
