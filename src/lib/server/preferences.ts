/** What people have arranged: theme, keys, panels, the place where they stopped reading. */
import { and, desc, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { preferences } from '#db/schema.ts';
import { readPreferences, type Preferences as Everywhere } from '#lib/model/preference.ts';
import type { Caller, Preferences } from './services.ts';

/** What is kept of one person: the rest, longest unchanged, is dropped. */
const KEPT_SCOPES = 1000;

export function createPreferences(db: Database): Preferences {
	async function read(caller: Caller, scope: string): Promise<object> {
		const rows = await db
			.select({ name: preferences.name, value: preferences.value })
			.from(preferences)
			.where(and(eq(preferences.userId, caller.user.id), eq(preferences.scope, scope)));
		return readPreferences(scope, rows);
	}

	return {
		read,

		everywhere: async (caller) => (await read(caller, '')) as Everywhere,

		async write(caller, { scope, values }) {
			const userId = caller.user.id;
			const gone = Object.keys(values).filter((name) => values[name] === null);
			const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
			await db.transaction(async (tx) => {
				if (gone.length > 0) {
					const mine = and(eq(preferences.userId, userId), eq(preferences.scope, scope));
					await tx.delete(preferences).where(and(mine, inArray(preferences.name, gone)));
				}
				if (set.length === 0) return;
				await tx
					.insert(preferences)
					.values(set.map(([name, value]) => ({ userId, scope, name, value })))
					.onConflictDoUpdate({
						target: [preferences.userId, preferences.scope, preferences.name],
						set: { value: sql`excluded.value`, updatedAt: sql`now()` }
					});
				const kept = tx
					.select({ scope: preferences.scope })
					.from(preferences)
					.where(eq(preferences.userId, userId))
					.groupBy(preferences.scope)
					.orderBy(desc(sql`max(${preferences.updatedAt})`))
					.limit(KEPT_SCOPES);
				await tx
					.delete(preferences)
					.where(and(eq(preferences.userId, userId), notInArray(preferences.scope, kept)));
			});
			return read(caller, scope);
		}
	};
}
