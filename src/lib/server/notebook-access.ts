import type { Database } from '#db/database.ts';
import { roleOf } from '#collab/access.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { can, type Action, type Role } from '#lib/model/role.ts';
import { isPlainId } from './plain-line.ts';
import type { Caller } from './services.ts';

/**
 * The caller's role in a notebook when it allows `action`. Throws 404 to who has no role at all (whether the notebook
 * exists is theirs not to know) and 403 to who has a weaker one.
 */
export async function requireRole(db: Database, caller: Caller, id: string, action: Action): Promise<Role> {
	const role = isPlainId(id) ? await roleOf(db, id, caller.user.id) : null;
	if (role === null) {
		throw new ProblemError(404, {
			code: 'notebook-unknown',
			title: 'There is no such notebook.',
			detail: 'It was deleted, or nobody has shared it with you.',
			remedy: 'Check the link, or ask its owner for access.'
		});
	}
	if (!can(role, action)) {
		throw new ProblemError(403, {
			code: 'role',
			title: 'Your role in this notebook does not allow that.',
			detail: `You are its ${role}.`,
			remedy: 'Ask an owner for a stronger role.'
		});
	}
	return role;
}
