/**
 * A mail server for tests: it takes every mail over a real SMTP conversation (RFC 5321) on a free loopback port and keeps
 * it. It delivers nothing, knows no TLS and no sign-in.
 */
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

export interface ReceivedMail {
	from: string;
	to: string[];
	headers: Record<string, string>;
	/** The body as text, its transfer encoding undone. */
	text: string;
}

export interface SmtpServer {
	url: string;
	mails: ReceivedMail[];
	/** Resolves with the mail after the first `count`. */
	next(count: number): Promise<ReceivedMail>;
	close(): Promise<void>;
}

export async function startSmtp(): Promise<SmtpServer> {
	const mails: ReceivedMail[] = [];
	const waiters: (() => void)[] = [];
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
		socket.on('error', () => undefined);
		converse(socket, (mail) => {
			mails.push(mail);
			for (const look of waiters.splice(0)) look();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
		mails,
		async next(count) {
			while (mails.length <= count) await new Promise<void>((resolve) => waiters.push(resolve));
			return mails[count]!;
		},
		close() {
			for (const socket of sockets) socket.destroy();
			return new Promise((resolve) => server.close(() => resolve()));
		}
	};
}

function converse(socket: Socket, received: (mail: ReceivedMail) => void): void {
	const say = (line: string): boolean => socket.write(`${line}\r\n`);
	let from = '';
	let to: string[] = [];
	let data: string[] | null = null;
	say('220 test ESMTP');
	createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
		if (data !== null) {
			if (line !== '.') return void data.push(line.startsWith('.') ? line.slice(1) : line);
			received({ from, to, ...parse(data) });
			[from, to, data] = ['', [], null];
			return void say('250 taken');
		}
		const verb = line.slice(0, 4).toUpperCase();
		const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
		if (verb === 'EHLO' || verb === 'HELO') say('250 test');
		else if (verb === 'MAIL') say(`250 ${(from = address) && 'ok'}`);
		else if (verb === 'RCPT') say(`250 ${to.push(address) && 'ok'}`);
		else if (verb === 'DATA') say((data = []) && '354 go on');
		else if (verb === 'QUIT') socket.end('221 bye\r\n');
		else say(verb === 'RSET' || verb === 'NOOP' ? '250 ok' : '502 what');
	});
}

function parse(lines: string[]): Pick<ReceivedMail, 'headers' | 'text'> {
	const end = lines.indexOf('');
	const headers: Record<string, string> = {};
	for (const line of lines.slice(0, end).join('\n').replace(/\n\s+/g, ' ').split('\n')) {
		const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
		if (name) headers[name.toLowerCase()] = words(value!);
	}
	const body = lines.slice(end + 1).join('\n');
	const encoding = headers['content-transfer-encoding'];
	if (encoding === 'base64') return { headers, text: Buffer.from(body, 'base64').toString() };
	return { headers, text: encoding === 'quoted-printable' ? printable(body.replace(/=\n/g, '')) : body };
}

/** Encoded words of a header (RFC 2047). */
function words(value: string): string {
	return value
		.replace(/\?=\s+=\?/g, '?==?')
		.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_all, kind: string, text: string) =>
			kind.toLowerCase() === 'b'
				? Buffer.from(text, 'base64').toString()
				: printable(text.replaceAll('_', ' '))
		);
}

function printable(text: string): string {
	const bytes = text.replace(/=([0-9A-F]{2})/g, (_all, hex: string) =>
		String.fromCharCode(parseInt(hex, 16))
	);
	return Buffer.from(bytes, 'latin1').toString();
}
