/** Times of disuse in words, and the ones that are offered. Minutes everywhere; null is never. */

const OFFERED = [15, 30, 60, 120, 240, 480, 1440, 4320, 10_080];

export function idleWords(minutes: number | null): string {
	if (minutes === null) return 'never';
	const days = minutes / 1440;
	const hours = minutes / 60;
	if (Number.isInteger(days)) return days === 1 ? '1 day' : `${days} days`;
	if (Number.isInteger(hours)) return hours === 1 ? '1 hour' : `${hours} hours`;
	return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

/** What a list offers: the usual times up to the longest allowed, and `current` when it is none of them. */
export function idleTimes(current: number | null, maximum: number | null): number[] {
	const all = new Set(OFFERED.filter((minutes) => maximum === null || minutes <= maximum));
	if (maximum !== null) all.add(maximum);
	if (current !== null && current > 0) all.add(current);
	return [...all].sort((a, b) => a - b);
}
