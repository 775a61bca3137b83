/** Numbers as people read them. */
export function duration(ms: number): string {
	if (ms < 950) return `${Math.max(1, Math.round(ms))} ms`;
	const seconds = ms / 1000;
	if (seconds < 9.95) return `${seconds.toFixed(1).replace(/\.0$/, '')} s`;
	if (seconds < 59.5) return `${Math.round(seconds)} s`;
	const minutes = Math.floor(Math.round(seconds) / 60);
	if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
	return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A running clock: whole seconds, so that it ticks calmly. */
export function elapsed(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	if (seconds < 60) return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	const rest = String(seconds % 60).padStart(2, '0');
	if (minutes < 60) return `${minutes}:${rest}`;
	return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** How long in whole units, for what is not read off a clock: "40 s", "12 min", "3 h 20 min", "2 d 4 h". */
export function span(seconds: number): string {
	const whole = Math.max(0, Math.round(seconds));
	if (whole < 60) return `${whole} s`;
	const minutes = Math.floor(whole / 60);
	if (minutes < 60) return `${minutes} min`;
	const hours = Math.floor(minutes / 60);
	if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
	return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function bytes(count: number): string {
	if (count < 1000) return `${count} B`;
	if (count < 1_000_000) return `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)} kB`;
	return `${(count / 1_000_000).toFixed(count < 10_000_000 ? 1 : 0)} MB`;
}

export function count(n: number): string {
	return n.toLocaleString('en');
}

export function ordinal(n: number): string {
	const ten = n % 100 >= 11 && n % 100 <= 13 ? 0 : n % 10;
	return `${n}${['th', 'st', 'nd', 'rd'][ten] ?? 'th'}`;
}
