/** One folder as it is looked at: in which order, which entries, which of them are chosen. Entries are numbers, rows their places. */
import type { FolderListing } from '#lib/model/files.ts';
import { orderByName, orderByNumber } from './file-order.ts';
import { extensionOf, isFolder } from './file-words.ts';

export type SortBy = 'name' | 'size' | 'modified' | 'type';

const NOTHING: FolderListing = {
	path: '',
	home: '',
	names: [],
	types: '',
	sizes: [],
	times: [],
	modes: [],
	owners: [],
	groupsOf: [],
	users: [],
	groups: [],
	links: {},
	writable: false
};

export class FileListing {
	folder = $state.raw<FolderListing>(NOTHING);
	sortBy = $state<SortBy>('name');
	descending = $state(false);
	filter = $state('');
	hidden = $state(false);
	chosen = $state.raw<ReadonlySet<number>>(new Set());
	/** The entry the keyboard is at; -1 in an empty folder. */
	active = $state(-1);
	/** Where a range began. */
	#anchor = -1;

	#byName = $derived(orderByName(this.folder.names));
	#lower = $derived(this.folder.names.map((name) => name.toLowerCase()));

	/** All entries in order: folders first, then as the header says. */
	#ordered = $derived.by(() => {
		const { folder, descending } = this;
		let order = this.#byName;
		if (this.sortBy === 'size') order = orderByNumber(order, (entry) => folder.sizes[entry]!);
		// Milliseconds: a folder is often written within one second.
		if (this.sortBy === 'modified') order = orderByNumber(order, (entry) => folder.times[entry]! * 1000);
		if (this.sortBy === 'type') order = orderByNumber(order, typeRank(folder));
		const folders: number[] = [];
		const others: number[] = [];
		for (const entry of order) (isFolder(folder, entry) ? folders : others).push(entry);
		if (descending) {
			// Folders have no size worth an order.
			if (this.sortBy !== 'size') folders.reverse();
			others.reverse();
		}
		return folders.concat(others);
	});

	/** The entries that are shown, in order. */
	rows = $derived.by(() => {
		const { names } = this.folder;
		const wanted = this.filter.trim().toLowerCase();
		if (this.hidden && wanted === '') return this.#ordered;
		const lower = wanted === '' ? names : this.#lower;
		const pattern = /[*?]/.test(wanted) ? globPattern(wanted) : null;
		return this.#ordered.filter(
			(entry) =>
				(this.hidden || !names[entry]!.startsWith('.')) &&
				(pattern ? pattern.test(lower[entry]!) : wanted === '' || lower[entry]!.includes(wanted))
		);
	});

	/** How many are kept back because their name begins with a dot. */
	hiddenCount = $derived(
		this.hidden ? 0 : this.folder.names.reduce((sum, name) => sum + Number(name.startsWith('.')), 0)
	);

	activeRow = $derived(this.rows.indexOf(this.active));

	/** The chosen entries that are shown, in order. */
	get chosenRows(): number[] {
		return this.rows.filter((entry) => this.chosen.has(entry));
	}

	/** Another folder, or the same one anew: then what was chosen stays chosen, by name. */
	show(folder: FolderListing): void {
		const before = this.folder;
		const again = before.path === folder.path;
		const kept = new Set<number>();
		let active = -1;
		if (again) {
			const names = new Set([...this.chosen].map((entry) => before.names[entry]!));
			const at = before.names[this.active];
			folder.names.forEach((name, entry) => {
				if (names.has(name)) kept.add(entry);
				if (name === at) active = entry;
			});
		}
		const row = this.activeRow;
		this.folder = folder;
		this.chosen = kept;
		this.active = active;
		this.#anchor = active;
		// The one it was at is gone: the next takes its place.
		if (active < 0 && this.rows.length > 0) {
			this.active = this.rows[again ? Math.min(Math.max(0, row), this.rows.length - 1) : 0]!;
		}
	}

	/** Click on a header: that order, or the same one the other way round. Sizes and times begin with the largest. */
	sort(by: SortBy): void {
		if (this.sortBy === by) this.descending = !this.descending;
		else {
			this.sortBy = by;
			this.descending = by === 'size' || by === 'modified';
		}
	}

	/** The entry with that name becomes the one the keyboard is at, and the only chosen one. Answers whether it is shown. */
	point(name: string): boolean {
		const entry = this.folder.names.indexOf(name);
		if (entry < 0 || !this.rows.includes(entry)) return false;
		this.only(entry);
		return true;
	}

	only(entry: number): void {
		this.active = this.#anchor = entry;
		this.chosen = new Set([entry]);
	}

	toggle(entry: number): void {
		const next = new Set(this.chosen);
		if (!next.delete(entry)) next.add(entry);
		this.active = this.#anchor = entry;
		this.chosen = next;
	}

	/** From where the range began to this entry. */
	extend(entry: number): void {
		const from = Math.max(0, this.rows.indexOf(this.#anchor));
		const to = this.rows.indexOf(entry);
		if (to < 0) return;
		this.active = entry;
		this.chosen = new Set(this.rows.slice(Math.min(from, to), Math.max(from, to) + 1));
	}

	/** Move the keyboard's place to a row. `range`: choose all on the way; else what is chosen stays. */
	goTo(row: number, range = false): void {
		const entry = this.rows[Math.max(0, Math.min(this.rows.length - 1, row))];
		if (entry === undefined) return;
		if (range) {
			if (this.#anchor < 0) this.#anchor = this.active;
			this.extend(entry);
		} else {
			this.active = this.#anchor = entry;
		}
	}

	chooseAll(): void {
		this.chosen = new Set(this.rows);
	}

	chooseNone(): void {
		this.chosen = new Set();
	}

	/** The next row whose name begins so, from the one after the active; the active itself while a word is being typed on. */
	typeAhead(letters: string, going: boolean): void {
		const wanted = letters.toLowerCase();
		const { length } = this.rows;
		for (let step = going ? 0 : 1; step <= length; step++) {
			const row = (Math.max(0, this.activeRow) + step) % length;
			if (this.#lower[this.rows[row]!]!.startsWith(wanted)) return this.goTo(row);
		}
	}
}

/** Types in the order of their words: no extension first. */
function typeRank(folder: FolderListing): (entry: number) => number {
	const extensions = folder.names.map(extensionOf);
	const all = [...new Set(extensions)].sort();
	const ranks = new Map(all.map((extension, rank) => [extension, rank]));
	return (entry) => ranks.get(extensions[entry]!)!;
}

function globPattern(glob: string): RegExp {
	const source = glob
		.replace(/[.+^${}()|[\]\\]/g, '\\$&')
		.replace(/\*+/g, '.*')
		.replace(/\?/g, '.');
	return new RegExp(`^${source}$`, 's');
}
