/**
 * Who may see a proxied port: a ticket that works once and for half a minute leads from our origin to the service's, where
 * it becomes a cookie. Both are random, known here by their digest only, and gone with the session they came from.
 */
import { newToken, tokenDigest } from './secret.ts';
import type { PortPlace } from './port-place.ts';

const TICKET_MS = 30_000;
/** A pass lives as long after its last use; using it makes it live on. */
const PASS_MS = 60 * 60_000;

interface Grant extends PortPlace {
	session: string | null;
	user: string;
	until: number;
}

export class PortPasses {
	#tickets = new Map<string, Grant>();
	#passes = new Map<string, Grant>();
	#onEnded: (digest: string) => void = () => {};
	#now: () => number;

	constructor(now: () => number = Date.now) {
		this.#now = now;
	}

	/** Told the digest of every pass that ends before its time: open connections end with it. */
	onEnded(listener: (digest: string) => void): void {
		this.#onEnded = listener;
	}

	/** A ticket for somebody who has just been checked. */
	ticket(place: PortPlace, who: { session: string | null; user: string }): string {
		this.#sweep();
		const token = newToken();
		this.#tickets.set(tokenDigest(token), { ...place, ...who, until: this.#now() + TICKET_MS });
		return token;
	}

	/** The pass for a ticket, once; null when it is unknown, used, too old or for another place. */
	redeem(ticket: string, place: PortPlace): string | null {
		const digest = tokenDigest(ticket);
		const grant = this.#tickets.get(digest);
		this.#tickets.delete(digest);
		if (!grant || !isFor(grant, place, this.#now())) return null;
		const token = newToken();
		this.#passes.set(tokenDigest(token), { ...grant, until: this.#now() + PASS_MS });
		return token;
	}

	/** The digest of a pass that opens this place, or null. */
	check(pass: string | undefined, place: PortPlace): string | null {
		if (!pass) return null;
		const digest = tokenDigest(pass);
		const grant = this.#passes.get(digest);
		if (!grant || !isFor(grant, place, this.#now())) return null;
		grant.until = this.#now() + PASS_MS;
		return digest;
	}

	/** Sessions have ended: one, or all of a user but one. */
	end(which: { session?: string; user?: string; except?: string | null; workspace?: string }): void {
		const ends = (grant: Grant): boolean =>
			(which.session !== undefined && grant.session === which.session) ||
			(which.workspace !== undefined && grant.workspace === which.workspace) ||
			(which.user !== undefined &&
				grant.user === which.user &&
				grant.session !== (which.except ?? undefined));
		for (const [digest, grant] of this.#tickets) if (ends(grant)) this.#tickets.delete(digest);
		for (const [digest, grant] of this.#passes) {
			if (!ends(grant)) continue;
			this.#passes.delete(digest);
			this.#onEnded(digest);
		}
	}

	#sweep(): void {
		const now = this.#now();
		for (const grants of [this.#tickets, this.#passes])
			for (const [digest, grant] of grants) if (grant.until <= now) grants.delete(digest);
	}
}

function isFor(grant: Grant, place: PortPlace, now: number): boolean {
	if (grant.until <= now || grant.workspace !== place.workspace) return false;
	return grant.kernel === place.kernel && grant.port === place.port;
}
