/** What an administrator has set for the whole installation, and the rule for unused kernels that follows from it. */
import { eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { notebooks, settings } from '#db/schema.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { Caller, IdleRule, Settings, SiteSettings } from './services.ts';

export interface SettingsOptions {
	db: Database;
	/** The time for unused kernels is another one now: in one notebook, or in all. */
	onIdleChanged(notebook: string | null): void;
}

/** Two weeks. */
export const MAX_IDLE_MINUTES = 20_160;

const NAMES = ['idleMinutes', 'idleMinutesMax'] as const satisfies readonly (keyof SiteSettings)[];

export function createSettings({ db, onIdleChanged }: SettingsOptions): Settings {
	return {
		async read(caller) {
			requireAdministrator(caller);
			return readSettings(db);
		},

		async write(caller, change) {
			requireAdministrator(caller);
			const next = { ...(await readSettings(db)), ...change };
			if (
				next.idleMinutes !== null &&
				next.idleMinutesMax !== null &&
				next.idleMinutes > next.idleMinutesMax
			) {
				throw new ProblemError(400, {
					code: 'idle-above-maximum',
					title: 'The time is longer than the longest that owners may choose.',
					remedy: 'Shorten it, or raise the maximum.'
				});
			}
			await db.transaction(async (tx) => {
				for (const name of NAMES) {
					const value = next[name];
					// What is as in a fresh installation has no row.
					if (value === null) await tx.delete(settings).where(eq(settings.name, name));
					else
						await tx
							.insert(settings)
							.values({ name, value })
							.onConflictDoUpdate({ target: settings.name, set: { value } });
				}
			});
			onIdleChanged(null);
			return next;
		}
	};
}

/** The settings as they are; what was never set has the value of a fresh installation. */
export async function readSettings(db: Pick<Database, 'select'>): Promise<SiteSettings> {
	const rows = await db.select().from(settings);
	const value = (name: string): number | null => {
		const found = rows.find((row) => row.name === name)?.value;
		return typeof found === 'number' && found > 0 ? found : null;
	};
	return { idleMinutes: value('idleMinutes'), idleMinutesMax: value('idleMinutesMax') };
}

/** The rule for one notebook: what its owner chose, what holds without a choice, the limit, and what comes of it. */
export async function idleRule(db: Pick<Database, 'select'>, notebook: string): Promise<IdleRule> {
	const [row] = await db
		.select({ own: notebooks.idleMinutes })
		.from(notebooks)
		.where(eq(notebooks.id, notebook));
	const { idleMinutes, idleMinutesMax } = await readSettings(db);
	const own = row?.own ?? null;
	return {
		own,
		default: idleMinutes,
		maximum: idleMinutesMax,
		minutes: idleMinutesFor(own, idleMinutes, idleMinutesMax)
	};
}

/**
 * Minutes without use after which a kernel is shut down; null: never. `own` is the owner's choice (null: none, 0: never),
 * `standard` the administrator's (null: never). Under a maximum never becomes the maximum.
 */
export function idleMinutesFor(
	own: number | null,
	standard: number | null,
	maximum: number | null
): number | null {
	const wanted = own === null ? standard : own === 0 ? null : own;
	if (maximum === null) return wanted;
	return wanted === null ? maximum : Math.min(wanted, maximum);
}

function requireAdministrator({ user }: Caller): void {
	if (user.admin) return;
	throw new ProblemError(403, {
		code: 'administrators-only',
		title: 'Only administrators may do that.',
		remedy: 'Ask one of them.'
	});
}
