import { webcrypto } from 'node:crypto';
import type { Ask, AskAnswer, Asker } from '#lib/model/ask.ts';

/** The owner of a workspace with their browser: answers what the gateway asks, and remembers it. */
export class Person {
	asked: Ask[] = [];
	/** What comes next, in order; without any, `nobody` answers. */
	answers: ((ask: Ask) => AskAnswer | Promise<AskAnswer>)[] = [];
	#keys = new Map<string, { pair: webcrypto.CryptoKeyPair; algorithm: object }>();
	#waiting = new Set<() => void>();

	readonly ask: Asker = async (ask, signal) => {
		this.asked.push(ask);
		const gone = new Promise<AskAnswer>((resolve) => {
			signal.addEventListener('abort', () => resolve({ kind: 'nobody' }));
		});
		for (const look of [...this.#waiting]) look();
		const answer = this.answers.shift();
		return Promise.race([gone, Promise.resolve(answer ? answer(ask) : { kind: 'nobody' as const })]);
	};

	/** Will type these, in one answer to each of the next questions. */
	types(...answers: (string[] | (() => string[]))[]): void {
		for (const words of answers) {
			this.answers.push(() => ({
				kind: 'prompts',
				answers: typeof words === 'function' ? words() : words
			}));
		}
	}

	/** The texts of the prompts asked so far. */
	get prompts(): string[] {
		return this.asked.flatMap((ask) => (ask.kind === 'prompts' ? ask.prompts.map(({ text }) => text) : []));
	}

	/** Resolves when so many questions have been asked. */
	until(count: number): Promise<void> {
		return new Promise((resolve) => {
			const look = (): void => {
				if (this.asked.length < count) return;
				this.#waiting.delete(look);
				resolve();
			};
			this.#waiting.add(look);
			look();
		});
	}

	/** Makes a key that cannot leave the browser; answers its blob and its line for authorized_keys. */
	async makeKey(type: 'ssh-ed25519' | 'ecdsa-sha2-nistp256'): Promise<{ blob: string; line: string }> {
		const elliptic = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
		const algorithm = type === 'ssh-ed25519' ? { name: 'Ed25519' } : elliptic;
		const usages: webcrypto.KeyUsage[] = ['sign', 'verify'];
		const pair = (await webcrypto.subtle.generateKey(algorithm, false, usages)) as webcrypto.CryptoKeyPair;
		const raw = Buffer.from(await webcrypto.subtle.exportKey('raw', pair.publicKey));
		const parts = type === 'ssh-ed25519' ? [type, raw] : [type, 'nistp256', raw];
		const blob = Buffer.concat(parts.map(string)).toString('base64');
		this.#keys.set(type, { pair, algorithm });
		return { blob, line: `${type} ${blob} browser` };
	}

	/** Will allow the next signature. */
	signs(): void {
		this.answers.push(async (ask) => {
			if (ask.kind !== 'signature') return { kind: 'refused' };
			const { pair, algorithm } = this.#keys.get(ask.algorithm)!;
			const data = Buffer.from(ask.data, 'base64');
			const made = await webcrypto.subtle.sign(algorithm as webcrypto.EcdsaParams, pair.privateKey, data);
			return { kind: 'signature', signature: Buffer.from(made).toString('base64') };
		});
	}
}

/** A string of the SSH protocol (RFC 4251 section 5). */
function string(value: Buffer | string): Buffer {
	const bytes = Buffer.from(value as string);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(bytes.length);
	return Buffer.concat([length, bytes]);
}
