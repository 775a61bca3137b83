/** One call of the HTTP interface, as its description needs it. */
import type { JsonObject } from '#lib/model/json.ts';

/** What a token must be allowed: `read` to look, `write` to change, `run` to compute. null needs no sign-in. */
export type Scope = 'read' | 'write' | 'run';

export interface ApiRoute {
	method: 'get' | 'post' | 'put' | 'patch' | 'delete';
	/** As in OpenAPI: `{name}` for a parameter. */
	path: string;
	group:
		'Notebooks' | 'Runs and kernels' | 'Sharing' | 'Papers' | 'Workspaces' | 'Files' | 'Account' | 'Server';
	summary: string;
	description?: string;
	scope: Scope | null;
	query?: Record<string, { schema: JsonObject; description: string }>;
	body?: { schema: JsonObject; optional?: boolean };
	answer: { status: number; description: string; schema?: JsonObject; mime?: string };
}
