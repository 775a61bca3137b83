/** The one database handle: postgres.js under drizzle, migrated when it is opened. */
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { sql } from 'drizzle-orm';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import * as schema from './schema.ts';

export type Database = PostgresJsDatabase<typeof schema>;

export interface OpenDatabase {
	db: Database;
	/** Rejects when the server does not answer. */
	ping(): Promise<void>;
	close(): Promise<void>;
}

/** One number for every process that migrates: two at once would collide in the catalogue. */
const MIGRATION_LOCK = 0x616e73617a;

/** Where PostgreSQL is: a URL, or the Unix socket of the one we brought ourselves. */
export type DatabaseAddress = string | { socket: string; user: string; database: string };

function connect(address: DatabaseAddress, options: postgres.Options<Record<string, never>>): postgres.Sql {
	if (typeof address === 'string') return postgres(address, options);
	const { socket, user, database } = address;
	return postgres({ ...options, path: socket, user, database });
}

/** Connect to `address` and bring the schema up to date (under an advisory lock). Throws what the driver throws. */
export async function openDatabase(
	address: DatabaseAddress,
	options: { maxConnections?: number } = {}
): Promise<OpenDatabase> {
	const migrator = connect(address, { max: 1, onnotice: () => {} });
	try {
		await migrator`select pg_advisory_lock(${MIGRATION_LOCK})`;
		await migrate(drizzle(migrator, { casing: 'snake_case' }), {
			migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url))
		});
	} finally {
		await migrator.end({ timeout: 5 });
	}
	const client = connect(address, {
		max: options.maxConnections ?? 10,
		onnotice: () => {},
		connect_timeout: 5,
		backoff: (attempt: number) => Math.min(0.1 * 2 ** attempt, 2)
	});
	const db = drizzle(client, { schema, casing: 'snake_case' });
	return {
		db,
		ping: async () => {
			await db.execute(sql`select 1`);
		},
		close: () => client.end({ timeout: 5 })
	};
}
