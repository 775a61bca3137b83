import type { Check, CheckLine } from '#lib/model/check-list.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { Hop } from './hops.ts';

/** Tells a person how far a connection is, line by line (model/check-list.ts). */
export class Checks {
	#tell: (line: CheckLine) => void;

	constructor(tell: (line: CheckLine) => void = () => {}) {
		this.#tell = tell;
	}

	doing(check: Check, text: string, hop?: Hop): void {
		this.#tell({ check, ...where(hop), state: 'doing', text });
	}

	ok(check: Check, text: string, hop?: Hop): void {
		this.#tell({ check, ...where(hop), state: 'ok', text });
	}

	warning(check: Check, text: string, remedy: string): void {
		this.#tell({ check, state: 'warning', text, remedy });
	}

	failed(check: Check, { title, remedy }: Pick<Problem, 'title' | 'remedy'>, hop?: Hop): void {
		this.#tell({ check, ...where(hop), state: 'failed', text: title, ...(remedy ? { remedy } : {}) });
	}
}

function where(hop: Hop | undefined): { hop?: number } {
	return hop && hop.count > 1 ? { hop: hop.index } : {};
}
