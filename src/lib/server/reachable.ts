/** Where workspaces may be, decided for the gateway: the administrators' list, and our own database, which nobody's is at. */
import dns from 'node:dns/promises';
import { eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { settings } from '#db/schema.ts';
import { ipText, readHost, readIp } from '#lib/model/ip-address.ts';
import type { Problem } from '#lib/model/problem.ts';
import { judge, type ReachEntry, type ReachTarget, type Verdict } from '#lib/model/reach.ts';
import { readReach } from './settings.ts';

export interface ReachableOptions {
	db: Pick<Database, 'select'>;
	/** Of a PostgreSQL that is not ours; null for our own, which no network leads to. */
	databaseUrl: string | null;
}

export interface Reachable {
	/** Why the gateway may not connect there, or undefined. Asked of every address a name resolves to, before a packet goes there. */
	permit(target: ReachTarget): Problem | undefined;
	/** Reads the list again. `permit` goes by what was read last, and lets nothing pass before. */
	refresh(): Promise<void>;
	/** What would be decided about a host and port, by `list` or by the one that holds. Looks the name up; connects to nothing. */
	tryOut(host: string, port: number, list?: ReachEntry[]): Promise<ReachTrial>;
}

export interface ReachTrial {
	/** Whether everybody's workspaces may be there; `administrators`: those of administrators. */
	everybody: boolean;
	administrators: boolean;
	/** Each address the name stands for, with the rule that decided. All must be allowed. */
	addresses: { ip: string; everybody: boolean; administrators: boolean; rule: string }[];
	/** Why not, in the words the person would read; null where everybody may. */
	problem: Problem | null;
}

export function createReachable({ db, databaseUrl }: ReachableOptions): Reachable {
	let list: ReachEntry[] | null = null;
	let database: DatabasePlace | null = null;

	const decide = (entries: ReachEntry[] | null, target: ReachTarget): Verdict => {
		if (database && isAt(target, database))
			return { allowed: false, code: 'address-closed', by: 'the database of this server answers there' };
		if (entries) return judge(entries, target);
		return { allowed: false, code: 'address-not-listed', by: 'the list of places cannot be read' };
	};

	return {
		permit(target) {
			const verdict = decide(list, target);
			return verdict.allowed ? undefined : refusal(target, verdict);
		},

		async refresh() {
			const [row] = await db.select().from(settings).where(eq(settings.name, 'reach'));
			list = readReach(row?.value);
			database = await placeOf(databaseUrl);
		},

		async tryOut(host, port, entries) {
			const found = await addresses(host);
			if (!Array.isArray(found))
				return { everybody: false, administrators: false, addresses: [], problem: found };
			const rules = entries ?? list;
			let problem: Problem | null = null;
			const judged = found.map((ip) => {
				const everybody = decide(rules, { host, port, ip, privileged: false });
				const administrators = decide(rules, { host, port, ip, privileged: true });
				if (!everybody.allowed) problem ??= refusal({ host, port, ip, privileged: false }, everybody);
				return {
					ip,
					everybody: everybody.allowed,
					administrators: administrators.allowed,
					rule: everybody.by
				};
			});
			return {
				everybody: judged.every((each) => each.everybody),
				administrators: judged.every((each) => each.administrators),
				addresses: judged,
				problem
			};
		}
	};
}

interface DatabasePlace {
	host: string;
	port: number;
	ips: string[];
}

/** Where the database answers, as far as it can be known now. */
async function placeOf(url: string | null): Promise<DatabasePlace | null> {
	const parsed = url !== null && URL.canParse(url) ? new URL(url) : null;
	// with no host it is a Unix socket
	if (!parsed?.hostname) return null;
	const host = decodeURIComponent(parsed.hostname);
	const found = await addresses(host);
	return { host, port: Number(parsed.port || 5432), ips: Array.isArray(found) ? found : [] };
}

function isAt({ host, port, ip }: ReachTarget, database: DatabasePlace): boolean {
	if (port !== database.port) return false;
	const one = readHost(host);
	const other = readHost(database.host);
	if (one?.kind === 'name' && other?.kind === 'name' && one.name === other.name) return true;
	const at = ip === undefined ? null : readIp(ip);
	return at !== null && database.ips.includes(ipText(at));
}

/** The addresses of a name in their short form, as the gateway's connection would look them up; or why there are none. */
async function addresses(host: string): Promise<string[] | Problem> {
	try {
		const found = await dns.lookup(host.replace(/^\[(.*)\]$/, '$1'), { all: true });
		return [...new Set(found.map(({ address }) => ipText(readIp(address)!)))];
	} catch (error) {
		return {
			code: 'ssh-host-unknown',
			title: `There is no machine with the name ${host}.`,
			detail: `The name could not be looked up (${(error as NodeJS.ErrnoException).code ?? 'no answer'}).`,
			remedy: 'Check the spelling. Some machines are known only inside their institute or its VPN.'
		};
	}
}

function refusal({ host, port }: ReachTarget, { code, by }: Verdict & { allowed: false }): Problem {
	return {
		code,
		title: `This server does not connect to ${host}, port ${port}.`,
		detail: `${by[0]!.toUpperCase()}${by.slice(1)}.`,
		remedy:
			code === 'address-closed'
				? 'Name the machine by an address that is its own. Administrators of this site can list an exception under Settings.'
				: 'Ask an administrator of this site to list it under Settings, “Where workspaces may be”.'
	};
}
