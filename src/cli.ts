/** The command line: `npx ansatz …`. Exit codes: 0 done, 1 refused or failed, 2 not understood. */
import { eq, sql } from 'drizzle-orm';
import { parseArgs } from 'node:util';
import { openDatabase, type OpenDatabase } from '#db/database.ts';
import { users } from '#db/schema.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { addUser, insertToken, TOKEN_SCOPES } from '#lib/server/accounts.ts';
import { ConfigError, processConfig } from '#lib/server/config.ts';
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
	const answer = await withDatabase(({ db }) => perform(db, positionals, values));
	process.stdout.write(values.json ? `${JSON.stringify(answer.json)}\n` : `${answer.words.join('\n')}\n`);
	process.exit(0);
} catch (error) {
	const usage = error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
	const known = usage || error instanceof ProblemError || error instanceof ConfigError;
	process.stderr.write(`${known ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`);
	if (usage) process.stderr.write('See npx ansatz --help.\n');
	process.exit(usage || error instanceof ConfigError ? 2 : 1);
}

async function perform(
	db: OpenDatabase['db'],
	[noun, verb, name]: string[],
	options: { role: string; display?: string | undefined; scopes: string; days?: string | undefined; label: string }
): Promise<Answer> {
	if (noun === 'user' && verb === 'add' && name) {
		if (options.role !== 'admin' && options.role !== 'user') throw new UsageError('--role is admin or user.');
		const password = await passwordFromInput();
		const id = await addUser(db, {
			name,
			displayName: options.display ?? name,
			password,
			admin: options.role === 'admin'
		});
		return { words: [`${name} can sign in now.`], json: { id, name, admin: options.role === 'admin' } };
	}
	if (noun === 'user' && verb === 'list') {
		const rows = await db
			.select({ id: users.id, name: users.name, displayName: users.displayName, admin: users.admin })
			.from(users)
			.orderBy(users.name);
		return { words: rows.map((row) => `${row.name}${row.admin ? ' (administrator)' : ''}`), json: { users: rows } };
	}
	if (noun === 'token' && verb === 'create' && name) {
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
		const days = options.days === undefined ? null : Number(options.days);
		if (days !== null && !(days > 0)) throw new UsageError('--days is a number of days.');
		const scopes = options.scopes.split(',').map((scope) => scope.trim());
		const unknown = scopes.find((scope) => !(TOKEN_SCOPES as readonly string[]).includes(scope));
		if (unknown !== undefined) throw new UsageError(`There is no scope “${unknown}”; there are ${TOKEN_SCOPES.join(', ')}.`);
		const token = await insertToken(db, user, { label: options.label, scopes, days });
		return { words: [`Token of ${user.name} (${scopes.join(', ')}), shown only now:`, token], json: { token, scopes } };
	}
	throw new UsageError(`“${[noun, verb, name].filter(Boolean).join(' ')}” is not a command.`);
}

async function passwordFromInput(): Promise<string> {
	if (process.stdin.isTTY) process.stderr.write('Password, then Ctrl-D: ');
	const parts: Buffer[] = [];
	for await (const part of process.stdin) parts.push(part as Buffer);
	return Buffer.concat(parts).toString('utf8').replace(/\r?\n$/, '');
}

/** Open the server's database: its own cluster is adopted when it runs, else started for this command alone. */
async function withDatabase<T>(action: (database: OpenDatabase) => Promise<T>): Promise<T> {
	const config = processConfig();
	const postgres = config.databaseUrl === null ? await startPostgres(config.dataDir) : null;
	const database = await openDatabase(config.databaseUrl ?? postgres!.address, { maxConnections: 2 });
	try {
		return await action(database);
	} finally {
		await database.close();
		if (postgres?.started) await postgres.stop();
	}
}
