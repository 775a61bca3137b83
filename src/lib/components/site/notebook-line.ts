import type { Role } from '#lib/model/role.ts';

/** What a list shows of a notebook. */
export interface NotebookLine {
	id: string;
	title: string;
	role: Role;
	owner: string;
	updatedAt: Date;
	cells: number;
	origin?: { slug: string; number: number; title: string } | null;
}
