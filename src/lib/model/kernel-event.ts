import type { JsonObject } from './json.ts';

/**
 * One thing a kernel or its agent said, numbered by the agent's spool: `seq` rises by one per event of a kernel, and
 * an event has the same number however often it is read. `channel`, `type`, `parent`, `content` are those of the
 * Jupyter messaging protocol 5.x; channel `agent` holds what the agent itself says (`started`, `died`, `gap`).
 */
export interface KernelEvent {
	seq: number;
	/** Seconds since 1970 on the workspace's clock. Order is by `seq`, never by this. */
	time: number;
	channel: 'iopub' | 'shell' | 'control' | 'stdin' | 'agent';
	type: string;
	/** msg_id of the request this answers; empty where there is none. Runs use their run id as msg_id. */
	parent: string;
	content: JsonObject;
	metadata: JsonObject;
	buffers: Uint8Array[];
}
