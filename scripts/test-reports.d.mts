/** How a part of the tests has ended; `broken` has a text of several lines for each test that failed. */
export interface Outcome {
	passed: number;
	failed: number;
	skipped: number;
	broken: string[];
}

export function outcome(
	counts: Partial<Outcome> & { passed: number; failed: number; status?: number | null }
): Outcome;
export function together(outcomes: Outcome[]): Outcome;
export function ofVitest(file: string, status: number | null): Outcome;
export function ofPlaywright(file: string, status: number | null): Outcome;
export function ofUnittest(text: string, status: number | null): Outcome;
export function ofPart(name: string, text: string, status: number | null): Outcome;
