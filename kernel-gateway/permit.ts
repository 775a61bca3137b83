import type { Problem } from '#lib/model/problem.ts';

/** One address somebody wants this server to connect to. */
export interface Target {
	host: string;
	port: number;
	/** What `host` stands for; undefined where another machine will connect (a hop behind a jump host). */
	ip: string | undefined;
	/** The workspace is an administrator's. */
	privileged: boolean;
}

/**
 * Says no, with the problem to show, to an address that may not be reached from this server (its own database, the
 * metadata service of a cloud). For the first hop it is asked for every IP address the name stands for, and the one
 * asked about is the one used; for later hops, which other machines connect to, before anything is connected at all.
 */
export type Permit = (target: Target) => Problem | undefined;

export const ALLOW_ALL: Permit = () => undefined;
