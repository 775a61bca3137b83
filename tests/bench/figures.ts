/** Figures of a benchmark: percentiles, ratios, and the last line every benchmark prints. */
export interface Figures {
	p50: number;
	p95: number;
}

/** The 50th and 95th percentile (nearest rank) of times in milliseconds, to two digits. */
export function figures(times: readonly number[]): Figures {
	const sorted = [...times].sort((a, b) => a - b);
	const at = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
	return { p50: round(at(0.5)), p95: round(at(0.95)) };
}

export function round(value: number): number {
	return Math.round(value * 100) / 100;
}

/** Ours over each peer's at p95: under 1 is ahead. */
export function ratios(ours: Figures, peers: Record<string, Figures>): Record<string, number> {
	return Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, round(ours.p95 / peer.p95)]));
}

/** Print the figures for people. */
export function say(what: string, { p50, p95 }: Figures, n: number): void {
	console.log(
		`${what.padEnd(52)} p50 ${p50.toFixed(2).padStart(7)}  p95 ${p95.toFixed(2).padStart(7)} ms  (n=${n})`
	);
}

/** The last line. */
export function report(result: {
	bench: string;
	n: number;
	ours: Figures;
	peers: Record<string, Figures>;
	[key: string]: unknown;
}): void {
	const { bench, n, ours, peers, ...more } = result;
	console.log(JSON.stringify({ bench, unit: 'ms', n, ours, peers, ratio: ratios(ours, peers), ...more }));
}
