/**
 * What a room tells its viewers and nobody keeps: stateless messages on `runtime/<id>`. Who comes later misses them, and
 * may: state is never among them, it arrives by sync.
 */
import type { Json } from './json.ts';

/** What a kernel uses now, sampled by the agent about every two seconds while somebody looks. */
export interface KernelUsage {
	/** Share of one core of the kernel and all it started: 1.5 is one and a half cores. null the first time. */
	cpu: number | null;
	/** Bytes resident, of the kernel and all it started. */
	memory: number;
	/** The smallest limit in force in bytes; null without one. */
	memoryLimit: number | null;
	/** Cores this machine has for us. */
	cores: number;
	gpus: { name: string; load: number | null; memory: number; memoryTotal: number }[];
}

export type RoomNews =
	| { news: 'usage'; kernel: string; usage: KernelUsage }
	/** A custom message of a widget (`method: "custom"`), buffers as base64. */
	| { news: 'custom'; comm: string; content: Json; buffers: string[] };
