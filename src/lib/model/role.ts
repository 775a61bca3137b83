/** Roles of a person in a notebook, weakest first: each may do all that the ones before it may. */
export const ROLES = ['viewer', 'commenter', 'runner', 'editor', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** Everything the server asks permission for. */
export type Action =
	'read' | 'comment' | 'run' | 'interrupt' | 'kernel' | 'edit' | 'rename' | 'share' | 'publish' | 'delete';

const NEEDS: Record<Action, Role> = {
	read: 'viewer',
	comment: 'commenter',
	run: 'runner',
	interrupt: 'runner',
	kernel: 'runner',
	edit: 'editor',
	rename: 'editor',
	share: 'owner',
	publish: 'owner',
	delete: 'owner'
};

/** The one decision about permission: whether `role` (or nobody's `null`) may do `action`. */
export function can(role: Role | null, action: Action): boolean {
	return role !== null && ROLES.indexOf(role) >= ROLES.indexOf(NEEDS[action]);
}

/** The stronger of two roles. */
export function strongest(a: Role | null, b: Role | null): Role | null {
	if (a === null || b === null) return a ?? b;
	return ROLES.indexOf(a) >= ROLES.indexOf(b) ? a : b;
}
