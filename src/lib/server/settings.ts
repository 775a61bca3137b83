/** What an administrator has set for the whole installation, and the rule for unused kernels that follows from it. */
import { eq } from 'drizzle-orm';
import * as v from 'valibot';
import type { Database } from '#db/database.ts';
import { notebooks, settings } from '#db/schema.ts';
import { JOB_WAYS } from '#lib/model/job.ts';
import { sitePresetSchema } from '#lib/model/job-preset.ts';
import { ProblemError } from '#lib/model/problem.ts';
import {
	isRange,
	MAX_REACH_ENTRIES,
	readReachHost,
	type PortRange,
	type ReachEntry
} from '#lib/model/reach.ts';
import type { Reachable } from './reachable.ts';
import type { Caller, IdleRule, Settings, SiteSettings } from './services.ts';

export interface SettingsOptions {
	db: Database;
	/** The time for unused kernels is another one now: in one notebook, or in all. */
	onIdleChanged(notebook: string | null): void;
	/** The list of places for workspaces is another one now; the change is answered when this is through. */
	onReachChanged(): Promise<void>;
	tryReach: Reachable['tryOut'];
}

/** Two weeks. */
export const MAX_IDLE_MINUTES = 20_160;

const NAMES = [
	'idleMinutes',
	'idleMinutesMax',
	'jobLeaseMinutes',
	'jobWay',
	'jobPresets',
	'reach',
	'paperModeration'
] as const satisfies readonly (keyof SiteSettings)[];

export function createSettings({ db, onIdleChanged, onReachChanged, tryReach }: SettingsOptions): Settings {
	return {
		async read(caller) {
			requireAdministrator(caller);
			return readSettings(db);
		},

		async write(caller, change) {
			requireAdministrator(caller);
			const next = { ...(await readSettings(db)), ...change };
			if (change.reach) next.reach = change.reach.map(asKept);
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
					if (value === null || value === false || (Array.isArray(value) && value.length === 0))
						await tx.delete(settings).where(eq(settings.name, name));
					else
						await tx
							.insert(settings)
							.values({ name, value })
							.onConflictDoUpdate({ target: settings.name, set: { value } });
				}
			});
			onIdleChanged(null);
			if (change.reach) await onReachChanged();
			return next;
		},

		async tryReach(caller, host, port, list) {
			requireAdministrator(caller);
			return tryReach(host, port, list?.map(asKept));
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
	return {
		idleMinutes: value('idleMinutes'),
		idleMinutesMax: value('idleMinutesMax'),
		jobLeaseMinutes: value('jobLeaseMinutes'),
		jobWay: JOB_WAYS.find((way) => rows.some((row) => row.name === 'jobWay' && row.value === way)) ?? null,
		jobPresets: readPresets(rows.find((row) => row.name === 'jobPresets')?.value),
		reach: readReach(rows.find((row) => row.name === 'reach')?.value) ?? [],
		paperModeration: rows.some((row) => row.name === 'paperModeration' && row.value === true)
	};
}

/** The list of places as it is stored; null where it cannot be read, which must not be taken for an empty one. */
export function readReach(value: unknown): ReachEntry[] | null {
	if (value === undefined) return [];
	if (!Array.isArray(value) || value.length > MAX_REACH_ENTRIES) return null;
	return value.every(isEntry) ? value : null;
}

/** As stored, without what no longer fits the schema (an older version wrote it). */
function readPresets(value: unknown): SiteSettings['jobPresets'] {
	return (Array.isArray(value) ? value : []).flatMap((each) => {
		const read = v.safeParse(sitePresetSchema, each);
		return read.success ? [read.output] : [];
	});
}

function isEntry(value: unknown): value is ReachEntry {
	const { host, ports } = (value ?? {}) as Partial<ReachEntry>;
	if (typeof host !== 'string' || 'fault' in readReachHost(host) || !Array.isArray(ports)) return false;
	return ports.every((range: unknown) => Array.isArray(range) && isRange(range as PortRange));
}

/** An entry in the spelling that is compared later. */
function asKept({ host, ports }: ReachEntry): ReachEntry {
	const read = readReachHost(host);
	if ('host' in read) return { host: read.host, ports };
	throw new ProblemError(400, {
		code: 'reach-entry',
		title: `The list of places has a line that cannot be understood: “${host}”.`,
		detail: read.fault,
		remedy: 'Mend the line and save again.'
	});
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
