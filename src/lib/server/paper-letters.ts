/** What people are told of their papers: on the pages they have open, and by mail where they have chosen mail. */
import { inArray } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { users } from '#db/schema.ts';
import type { PersonNotice } from '#lib/model/person-line.ts';
import type { Mailer } from './mail.ts';

export interface Letter extends PersonNotice {
	href: string;
	/** Whether it is worth a mail to those who are not there. */
	mail: boolean;
}

export interface PaperLetters {
	/** `to` are found when it is sent. Never throws, and holds nobody up. */
	send(to: () => Promise<string[]>, letter: Letter): void;
	/** Everything that was to be sent was taken or refused. */
	settled(): Promise<void>;
}

export interface PaperLettersOptions {
	db: Database;
	/** null: no mail server is set up. */
	mailer: Mailer | null;
	/** Of the site. */
	origin: string;
	/** To the pages a person has open. */
	notify(user: string, notice: PersonNotice): void;
	logger: { warn(fields: object, message: string): void };
}

export function createPaperLetters(options: PaperLettersOptions): PaperLetters {
	const { db, mailer, origin, notify, logger } = options;
	const pending = new Set<Promise<void>>();

	async function deliver(to: () => Promise<string[]>, { mail, ...notice }: Letter): Promise<void> {
		const people = await db
			.select({ id: users.id, email: users.email, mail: users.notifyByMail })
			.from(users)
			.where(inArray(users.id, await to()));
		for (const { id } of people) notify(id, notice);
		if (!mail || !mailer) return;
		const { title, detail, href } = notice;
		const text = [title, ...(detail ? ['', detail] : []), '', `${origin}${href}`].join('\n');
		// As they have chosen for runs: the one choice of mail there is.
		for (const { email, mail: wants } of people)
			if (email && wants) await mailer.send({ to: email, subject: title, text });
	}

	return {
		send(to, letter) {
			const done = deliver(to, letter).catch((error: unknown) =>
				logger.warn({ letter: letter.href, err: error }, 'people were not told of a card')
			);
			pending.add(done);
			void done.finally(() => pending.delete(done));
		},
		async settled() {
			await Promise.all(pending);
		}
	};
}
