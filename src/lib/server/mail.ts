/** Mail to people, by an SMTP server of the operator's. The one file that knows nodemailer. */
import { createTransport } from 'nodemailer';

export interface Mail {
	to: string;
	subject: string;
	text: string;
}

export interface Mailer {
	/** Rejects when the server did not take it. */
	send(mail: Mail): Promise<void>;
	close(): void;
}

/** How long a server may take for any step: a mail waits for nobody, and nobody waits for it. */
const STEP_MS = 20_000;

/** `url` as in `smtps://user:password@mail.example.org`; `from` is an address, with or without a name. */
export function createMailer(url: string, from: string): Mailer {
	const transport = createTransport(
		{
			url,
			pool: true,
			maxConnections: 2,
			connectionTimeout: STEP_MS,
			greetingTimeout: STEP_MS,
			socketTimeout: STEP_MS
		},
		{ from }
	);
	return {
		async send(mail) {
			// Machines wrote it: no holiday answers, please (RFC 3834).
			await transport.sendMail({ ...mail, headers: { 'Auto-Submitted': 'auto-generated' } });
		},
		close: () => transport.close()
	};
}
