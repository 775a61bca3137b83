/**
 * Looks at once, and again so many milliseconds after each look has ended, for what changes without us. Nobody looks at a hidden
 * page: there it waits. Returns how to stop; made for `$effect`, which goes by what the first look reads.
 */
export function lookAgain(look: () => Promise<void>, ms: number): () => void {
	let timer: ReturnType<typeof setTimeout>;
	let over = false;
	const round = async (): Promise<void> => {
		if (!document.hidden) await look();
		if (!over) timer = setTimeout(() => void round(), ms);
	};
	void round();
	return () => {
		over = true;
		clearTimeout(timer);
	};
}
