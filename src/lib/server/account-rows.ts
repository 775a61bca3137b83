/** Accounts, invitations and API tokens as rows: what the site, the command line and the first start make of them. */
import { count } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { apiTokens, invitations, users } from '#db/schema.ts';
import { newId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { plainLine } from './plain-line.ts';
import { hashPassword, newToken, tokenDigest } from './secret.ts';
import type { User } from './services.ts';

const DAY_MS = 86_400_000;
const INVITATION_DAYS = 7;
export const MIN_PASSWORD = 10;
/** Ten years; what lives longer is made without an end. */
export const MAX_TOKEN_DAYS = 3653;
export const TOKEN_SCOPES = ['read', 'write', 'run'] as const;
/** What a sign-in name looks like. */
export const NAME = /^[\p{L}\p{N}._-]{2,40}$/u;

/** A link that makes an account, once, within a week. */
export async function createInvitation(
	db: Database,
	origin: string,
	options: { admin: boolean; invitedBy: string | null }
): Promise<string> {
	const token = newToken();
	await db.insert(invitations).values({
		digest: tokenDigest(token),
		expiresAt: new Date(Date.now() + INVITATION_DAYS * DAY_MS),
		...options
	});
	return `${origin}/welcome/${token}`;
}

/** The link for the first administrator; null when there are people already. Older unused ones are void. */
export async function firstAdministratorLink(db: Database, origin: string): Promise<string | null> {
	const [row] = await db.select({ n: count() }).from(users);
	if ((row?.n ?? 0) > 0) return null;
	await db.delete(invitations);
	return createInvitation(db, origin, { admin: true, invitedBy: null });
}

/** Make an account. Throws ProblemError 400 when the name or the password will not do. Returns its id. */
export async function addUser(
	db: Database,
	account: { name: string; displayName: string; password: string; admin: boolean }
): Promise<string> {
	checkName(account.name);
	checkPassword(account.password);
	return insertUser(db, { ...account, passwordHash: await hashPassword(account.password) });
}

/** Make an API token for a person; the only time it is seen whole. */
export async function insertToken(
	db: Database,
	user: Pick<User, 'id'>,
	options: { label: string; scopes: string[]; days: number | null }
): Promise<string> {
	const token = `ans_${newToken()}`;
	await db.insert(apiTokens).values({
		id: newId(),
		digest: tokenDigest(token),
		userId: user.id,
		label: plainLine(options.label),
		scopes: options.scopes.filter((scope) => (TOKEN_SCOPES as readonly string[]).includes(scope)),
		expiresAt: options.days === null ? null : new Date(Date.now() + options.days * DAY_MS)
	});
	return token;
}

/** Put an account in; the name and the hash are checked already. Throws ProblemError 400 when the name is taken. */
export async function insertUser(
	db: Pick<Database, 'insert'>,
	account: { name: string; displayName: string; admin: boolean; passwordHash: string }
): Promise<string> {
	const id = newId();
	const name = account.name.trim();
	const added = await db
		.insert(users)
		.values({
			id,
			name,
			displayName: plainLine(account.displayName) || name,
			admin: account.admin,
			passwordHash: account.passwordHash
		})
		.onConflictDoNothing()
		.returning({ id: users.id });
	if (added.length === 0) {
		throw new ProblemError(400, {
			code: 'name-taken',
			title: `The name “${name}” is taken.`,
			remedy: 'Choose another one.'
		});
	}
	return id;
}

/** Throws ProblemError 400 for what cannot be a sign-in name. */
export function checkName(name: string): void {
	if (NAME.test(name.trim())) return;
	throw new ProblemError(400, {
		code: 'name-invalid',
		title: 'This name cannot be used to sign in.',
		detail: 'It takes 2 to 40 letters and digits, with . - _ between them.',
		remedy: 'Choose another one.'
	});
}

/** Throws ProblemError 400 for a password that is too short. */
export function checkPassword(password: string): void {
	if (password.length >= MIN_PASSWORD && password.length <= 1000) return;
	throw new ProblemError(400, {
		code: 'password-weak',
		title: `A password has at least ${MIN_PASSWORD} characters.`,
		remedy: 'A few words in a row are easy to remember and hard to guess.'
	});
}
