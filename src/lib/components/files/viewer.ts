/** What a viewer of a file is given, and what one that can save gives back. */
export interface ViewerProps {
	workspace: string;
	path: string;
	name: string;
	/** Go to another page of the site. */
	go: (href: string) => void;
	/** Set by a viewer in which one can write. */
	handle?: ViewerHandle | undefined;
}

export interface ViewerHandle {
	readonly dirty: boolean;
	readonly saving: boolean;
	readonly writable: boolean;
	/** It waits for a decision; saving is not the next step. */
	readonly stuck: boolean;
	/** `Saved`, `Not saved`. */
	readonly words: string;
	/** Answers whether it is saved. */
	save(): Promise<boolean>;
}
