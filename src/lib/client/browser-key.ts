/**
 * A key for logging in by SSH that never leaves this browser: made by WebCrypto so that nothing can read its private
 * half, and used to sign logins only.
 */
import type { Ask } from '#lib/model/ask.ts';
import type { Problem } from '#lib/model/problem.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { BrowserKey } from './key-shelf.ts';
import { fingerprintOf, fromBase64, loginFault, publicBlob, toBase64 } from './ssh-wire.ts';
import type { KeyAlgorithm } from './ssh-wire.ts';

type SignatureAsk = Extract<Ask, { kind: 'signature' }>;

const ED25519 = { name: 'Ed25519' };
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** Why no key can be made in this browser; null when one can. */
export function keyObstacle(
	scope: { isSecureContext?: boolean; crypto?: Crypto } = globalThis
): Problem | null {
	if (scope.crypto?.subtle) return null;
	if (scope.isSecureContext === false) {
		return {
			code: 'insecure-context',
			title: 'This address cannot keep a key in the browser.',
			detail:
				'Browsers make keys only on pages with an address that begins with https, or on this machine itself.',
			remedy: 'Ask the administrator for an https address, or sign in with a password.'
		};
	}
	return TOO_OLD;
}

const TOO_OLD: Problem = {
	code: 'browser-keys-unsupported',
	title: 'This browser cannot make keys.',
	detail: 'It has neither Ed25519 nor ECDSA P-256.',
	remedy: 'Use a current Firefox, Chrome, Edge or Safari, or sign in with a password or a private key.'
};

/**
 * Make a key, Ed25519 where the browser has it, else ECDSA P-256. The private half cannot be exported. It is not stored
 * yet. Throws a ProblemError where the browser has neither.
 */
export async function makeBrowserKey(person: string): Promise<BrowserKey> {
	const obstacle = keyObstacle();
	if (obstacle) throw new ProblemError(0, obstacle);
	const { algorithm, pair } = await generate();
	const blob = publicBlob(algorithm, new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
	return {
		fingerprint: await fingerprintOf(blob),
		person,
		algorithm,
		publicKey: toBase64(blob),
		privateKey: pair.privateKey,
		madeAt: new Date().toISOString()
	};
}

async function generate(): Promise<{ algorithm: KeyAlgorithm; pair: CryptoKeyPair }> {
	const kinds = [
		['ssh-ed25519', ED25519],
		['ecdsa-sha2-nistp256', P256]
	] as const;
	let cause: unknown;
	for (const [algorithm, parameters] of kinds) {
		try {
			const pair = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify']);
			return { algorithm, pair: pair as CryptoKeyPair };
		} catch (error) {
			cause = error;
		}
	}
	throw new ProblemError(0, TOO_OLD, { cause });
}

/**
 * Sign a login, as the ask wants it: base64 of 64 bytes. Throws a ProblemError when the data is anything else than a
 * login of the named user with this key.
 */
export async function signLogin(key: BrowserKey, ask: SignatureAsk): Promise<string> {
	const data = fromBase64(ask.data);
	const publicKey = fromBase64(key.publicKey);
	const fault =
		ask.algorithm !== key.algorithm
			? 'it is for another algorithm'
			: loginFault(data, { user: ask.about.user, algorithm: key.algorithm, publicKey });
	if (fault) {
		throw new ProblemError(0, {
			code: 'not-a-login',
			title: 'Nothing was signed.',
			detail: `What was to be signed is no login of ${accountOf(ask.about)}: ${fault}.`,
			remedy: 'Tell the administrator of this site.'
		});
	}
	const how = key.algorithm === 'ssh-ed25519' ? ED25519 : { name: 'ECDSA', hash: 'SHA-256' };
	return toBase64(new Uint8Array(await crypto.subtle.sign(how, key.privateKey, data)));
}

/** What a permission is for: `user@host:port`. */
export function accountOf(about: { user: string; host: string; port: number }): string {
	return `${about.user}@${about.host}:${about.port}`;
}

/** What this browser may be called: `Firefox on Linux`. */
export function browserName(agent: string): string {
	const browser = /Edg\//.test(agent)
		? 'Edge'
		: /OPR\//.test(agent)
			? 'Opera'
			: /Firefox\//.test(agent)
				? 'Firefox'
				: /Chrom(e|ium)\//.test(agent)
					? 'Chrome'
					: /Safari\//.test(agent)
						? 'Safari'
						: 'Browser';
	const system = /iPhone|iPad/.test(agent)
		? 'iOS'
		: /Android/.test(agent)
			? 'Android'
			: /Windows/.test(agent)
				? 'Windows'
				: /Mac OS X/.test(agent)
					? 'macOS'
					: /CrOS/.test(agent)
						? 'ChromeOS'
						: /Linux/.test(agent)
							? 'Linux'
							: '';
	return system ? `${browser} on ${system}` : browser;
}
