import type { Awareness } from 'y-protocols/awareness';
import { colourOf } from '#lib/model/colour.ts';
import type { CellId, UserId } from '#lib/model/ids.ts';

/** Somebody who has the notebook open, with all their tabs taken together. */
export interface Person {
	id: UserId;
	name: string;
	/** 1 … 8: the number of a `--who-…` colour. */
	color: number;
	/** The cell they are in, if any. */
	cell: CellId | null;
	me: boolean;
}

/** Who is here. Cursors move inside cells without a word here: only people and the cell they are in count. */
export class Presence {
	people = $state.raw<Person[]>([]);
	readonly #awareness: Awareness;
	readonly #me: { id: UserId; name: string };
	#seen = '';

	/** `me` is for oneself only: what the others see of a person is written by the server. */
	constructor(awareness: Awareness, me: { id: UserId; name: string }) {
		this.#awareness = awareness;
		this.#me = me;
		awareness.on('change', this.#changed);
		this.#changed();
	}

	/** Tell the others which cell one is in. */
	focus(cell: CellId | null): void {
		this.#awareness.setLocalStateField('focus', cell === null ? null : { cell });
	}

	close(): void {
		this.#awareness.off('change', this.#changed);
	}

	#changed = (): void => {
		const people = new Map<UserId, Person>();
		const own = this.#awareness.getLocalState()?.focus as { cell?: unknown } | null | undefined;
		people.set(this.#me.id, {
			...this.#me,
			color: colourOf(this.#me.id),
			cell: typeof own?.cell === 'string' ? own.cell : null,
			me: true
		});
		for (const [client, state] of this.#awareness.getStates()) {
			if (client === this.#awareness.clientID) continue;
			const user = state.user as { id?: unknown; name?: unknown; color?: unknown } | undefined;
			if (typeof user?.id !== 'string' || typeof user.name !== 'string') continue;
			const focus = (state.focus as { cell?: unknown } | null)?.cell;
			const known = people.get(user.id);
			people.set(user.id, {
				id: user.id,
				name: user.name,
				color: typeof user.color === 'number' ? Math.min(8, Math.max(1, Math.trunc(user.color))) : 1,
				cell: typeof focus === 'string' ? focus : (known?.cell ?? null),
				me: known?.me === true
			});
		}
		const list = [...people.values()].sort(
			(a, b) => Number(b.me) - Number(a.me) || (a.name < b.name ? -1 : 1)
		);
		const seen = JSON.stringify(list);
		if (seen === this.#seen) return;
		this.#seen = seen;
		this.people = list;
	};
}
