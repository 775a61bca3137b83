/** How long the gateway waits for what, in milliseconds. */
export interface Timing {
	/** Until a connection is made and logged in. */
	connect: number;
	/** For how long a person's answer is waited for; servers close the connection earlier (LoginGraceTime, two minutes). */
	answer: number;
	/** From the command on the other side to the agent's hello: a home folder on a network may be slow. */
	boot: number;
	/** Between two signs of life asked of the SSH server; when the fourth is due and none was answered, the line is dead. */
	keepalive: number;
	/** Between two signs of life asked of the agent. */
	ping: number;
	/** A line on which nothing arrived for so long, although asked, is dead. */
	silence: number;
	/** The first and the longest pause between two tries to reconnect. */
	backoffFirst: number;
	backoffLongest: number;
	/** A line that lived so long was a good one: the next pause is the first again. */
	steady: number;
	/** For how long a request that may be repeated waits for the line to come back. */
	resend: number;
	/** What logs in is wiped when no person has done anything on the workspace for so long. A living line stays. */
	secrets: number;
	/** And so long after a try that led to no line. */
	secretsUnused: number;
}

export const TIMING: Timing = {
	connect: 20_000,
	answer: 150_000,
	boot: 60_000,
	keepalive: 10_000,
	ping: 10_000,
	silence: 30_000,
	backoffFirst: 200,
	backoffLongest: 10_000,
	steady: 10_000,
	resend: 30_000,
	secrets: 12 * 3_600_000,
	secretsUnused: 10 * 60_000
};

/** The pause before try number `tries` (from 0), between half and the whole of a doubling time, so that not everybody comes at once. */
export function backoff(tries: number, timing: Timing, random: () => number = Math.random): number {
	const longest = Math.min(timing.backoffLongest, timing.backoffFirst * 2 ** tries);
	return longest * (0.5 + random() / 2);
}
