/** The command line: `npx ansatz …`. Exit codes: 0 done, 1 refused or failed, 2 not understood. */
import { eq, sql } from 'drizzle-orm';
import { parseArgs } from 'node:util';
import { openDatabase, type Database, type DatabaseAddress } from '#db/database.ts';
import { users } from '#db/schema.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { addUser, insertToken, MAX_TOKEN_DAYS, TOKEN_SCOPES } from '#lib/server/account-rows.ts';
import { ConfigError, processConfig } from '#lib/server/config.ts';
import { dataFolderHolder, waitForLock } from '#lib/server/data-lock.ts';
import { databaseProblem } from '#lib/server/database-problem.ts';
import { startPostgres } from '#lib/server/embedded-postgres.ts';

const HELP = `ansatz: the command line of this checkout

  ansatz user add NAME [--display NAME] [--role admin|user]   password on standard input
  ansatz user list
  ansatz token create NAME [--scopes read,write,run] [--days N] [--label TEXT]
  ansatz --help

  --json   print one JSON object instead of words

The server may run meanwhile. It uses the same DATA_DIR and DATABASE_URL.

Examples
  echo 'correct horse battery' | npx ansatz user add ada --role admin
  TOKEN=$(npx ansatz token create ada | tail -n 1)

Exit codes: 0 done · 1 refused or failed · 2 not understood`;

/** What to print: words for people, an object for --json, and the last line for scripts. */
interface Answer {
	words: string[];
	json: object;
}

interface Options {
	role: string;
	display?: string | undefined;
	scopes: string;
	days?: string | undefined;
	label: string;
}

class UsageError extends Error {}

try {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			help: { type: 'boolean', short: 'h' },
			json: { type: 'boolean' },
			role: { type: 'string', default: 'user' },
			display: { type: 'string' },
			scopes: { type: 'string', default: TOKEN_SCOPES.join(',') },
			days: { type: 'string' },
			label: { type: 'string', default: 'command line' }
		}
	});
	if (values.help || positionals.length === 0) {
		process.stdout.write(`${HELP}\n`);
		process.exit(values.help ? 0 : 2);
	}
	const answer = await withDatabase(await commandOf(positionals, values));
	process.stdout.write(values.json ? `${JSON.stringify(answer.json)}\n` : `${answer.words.join('\n')}\n`);
	process.exit(0);
} catch (error) {
	const usage =
		error instanceof UsageError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
	const known = usage || error instanceof ProblemError || error instanceof ConfigError;
	process.stderr.write(`${known ? (error as Error).message : faultText(error)}\n`);
	if (usage) process.stderr.write('See npx ansatz --help.\n');
	process.exit(usage || error instanceof ConfigError ? 2 : 1);
}

/** What the words ask for, understood and checked before a database is opened for it. */
async function commandOf(words: string[], options: Options): Promise<(db: Database) => Promise<Answer>> {
	const [noun, verb, name] = words;
	if (noun === 'user' && verb === 'add' && name && words.length === 3) {
		const { role, display } = options;
		if (role !== 'admin' && role !== 'user') throw new UsageError('--role is admin or user.');
		const password = await passwordFromInput();
		return async (db) => {
			const admin = role === 'admin';
			const id = await addUser(db, { name, displayName: display ?? name, password, admin });
			return { words: [`${name} can sign in now.`], json: { id, name, admin } };
		};
	}
	if (noun === 'user' && verb === 'list' && words.length === 2) return listUsers;
	if (noun === 'token' && verb === 'create' && name && words.length === 3) {
		const { label } = options;
		const days = options.days === undefined ? null : Number(options.days);
		if (days !== null && !(days > 0 && days <= MAX_TOKEN_DAYS)) {
			throw new UsageError(`--days is a number of days, at most ${MAX_TOKEN_DAYS}.`);
		}
		const scopes = options.scopes.split(',').map((scope) => scope.trim());
		const unknown = scopes.find((scope) => !(TOKEN_SCOPES as readonly string[]).includes(scope));
		if (unknown !== undefined) {
			throw new UsageError(`There is no scope “${unknown}”; there are ${TOKEN_SCOPES.join(', ')}.`);
		}
		return (db) => createToken(db, name, { label, scopes, days });
	}
	throw new UsageError(`“${words.join(' ')}” is not a command.`);
}

async function listUsers(db: Database): Promise<Answer> {
	const rows = await db
		.select({ id: users.id, name: users.name, displayName: users.displayName, admin: users.admin })
		.from(users)
		.orderBy(users.name);
	return {
		words: rows.map((row) => `${row.name}${row.admin ? ' (administrator)' : ''}`),
		json: { users: rows }
	};
}

async function createToken(
	db: Database,
	name: string,
	options: { label: string; scopes: string[]; days: number | null }
): Promise<Answer> {
	const [user] = await db
		.select()
		.from(users)
		.where(eq(sql`lower(${users.name})`, name.toLowerCase()));
	if (!user) {
		throw new ProblemError(404, {
			code: 'user-unknown',
			title: `Nobody here is called “${name}”.`,
			remedy: 'See npx ansatz user list.'
		});
	}
	const token = await insertToken(db, user, options);
	const { scopes } = options;
	return {
		words: [`Token of ${user.name} (${scopes.join(', ')}), shown only now:`, token],
		json: { token, scopes }
	};
}

async function passwordFromInput(): Promise<string> {
	if (process.stdin.isTTY) process.stderr.write('Password, then Ctrl-D: ');
	const parts: Buffer[] = [];
	for await (const part of process.stdin) parts.push(part as Buffer);
	return Buffer.concat(parts)
		.toString('utf8')
		.replace(/\r?\n$/, '');
}

/** Open the server's database: its own cluster is adopted when it runs, else started for this command alone. */
async function withDatabase<T>(action: (db: Database) => Promise<T>): Promise<T> {
	const { dataDir, databaseUrl } = processConfig();
	if (databaseUrl !== null) return withDatabaseAt(databaseUrl, action);
	// One after the other: none takes the database away from under another one.
	const release = await waitForLock(dataDir, 'command.lock');
	try {
		const postgres = await startPostgres(dataDir);
		try {
			return await withDatabaseAt(postgres.address, action);
		} finally {
			// A server that came meanwhile has adopted it, and stops it when it ends.
			if (postgres.started) await postgres.stop(() => dataFolderHolder(dataDir) !== null);
		}
	} finally {
		release();
	}
}

async function withDatabaseAt<T>(address: DatabaseAddress, action: (db: Database) => Promise<T>): Promise<T> {
	try {
		const database = await openDatabase(address, { maxConnections: 1 });
		try {
			return await action(database.db);
		} finally {
			await database.close();
		}
	} catch (error) {
		throw databaseProblem(error, typeof address === 'string' ? address : null);
	}
}

/** A fault of ours, without the values of a query: there are password hashes among them. */
function faultText(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const query =
		error.message.startsWith('Failed query:') && error.cause instanceof Error ? error.cause : error;
	return query.stack ?? query.message;
}
