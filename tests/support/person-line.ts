/** A page of a person without a browser: the raw WebSocket at PERSON_PATH. */
import WebSocket from 'ws';
import type { Ask, AskAnswer } from '#lib/model/ask.ts';
import { PERSON_PATH, type PersonMessage, type PersonNews } from '#lib/model/person-line.ts';

type News<K extends PersonNews['type']> = Extract<PersonNews, { type: K }>;

export interface PageLine {
	/** Everything heard so far. */
	news: PersonNews[];
	/** Resolves with the first news of a type (of the past, too) that fits; rejects when the line ends before. */
	heard<K extends PersonNews['type']>(type: K, fits?: (news: News<K>) => boolean): Promise<News<K>>;
	/** The next question that was not handed out yet. */
	nextAsk(): Promise<{ id: string; ask: Ask }>;
	say(message: PersonMessage): void;
	/** Any text, to be refused. */
	sayRaw(text: string): void;
	answer(id: string, answer: Exclude<AskAnswer, { kind: 'nobody' }>): void;
	/** Resolves with the close code. */
	closed: Promise<number>;
	close(): Promise<number>;
}

/** Open a page's line; rejects with the status of a refusal. */
export async function openPage(port: number, headers: Record<string, string>): Promise<PageLine> {
	const socket = new WebSocket(`ws://127.0.0.1:${port}${PERSON_PATH}`, { headers });
	const news: PersonNews[] = [];
	const waiting = new Set<() => void>();
	let ended = false;
	const look = (): void => waiting.forEach((each) => each());
	socket.on('message', (data: Buffer) => {
		news.push(JSON.parse(data.toString()) as PersonNews);
		look();
	});
	const closed = new Promise<number>((resolve) =>
		socket.once('close', (code) => {
			ended = true;
			look();
			resolve(code);
		})
	);
	await new Promise<void>((resolve, reject) => {
		socket.once('open', () => resolve());
		socket.once('unexpected-response', (_request, response) => {
			reject(new Error(String(response.statusCode)));
			socket.terminate();
		});
		socket.on('error', reject);
	});
	const taken = new Set<string>();
	const page: PageLine = {
		news,
		closed,
		heard: <K extends PersonNews['type']>(type: K, fits: (news: News<K>) => boolean = () => true) =>
			new Promise<News<K>>((resolve, reject) => {
				const check = (): void => {
					const found = news.find((each): each is News<K> => each.type === type && fits(each as News<K>));
					if (!found && !ended) return;
					waiting.delete(check);
					if (found) resolve(found);
					else reject(new Error(`The line ended before. It said: ${JSON.stringify(news)}`));
				};
				waiting.add(check);
				check();
			}),
		async nextAsk() {
			const { id, ask } = await page.heard('ask', (each) => !taken.has(each.id));
			taken.add(id);
			return { id, ask };
		},
		say: (message) => socket.send(JSON.stringify(message)),
		sayRaw: (text) => socket.send(text),
		answer: (id, answer) => page.say({ type: 'answer', id, answer }),
		close() {
			socket.close();
			return closed;
		}
	};
	return page;
}
