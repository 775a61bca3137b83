/**
 * What the gateway must ask a person while it signs in for them: the machine's questions, or a signature by a key that is
 * only in their browser. Secrets in answers live as long as the question does.
 */
import * as v from 'valibot';
import type { WorkspaceId } from './ids.ts';

/** Which account of which workspace it is about; a permission names these. */
export interface AskAbout {
	workspace: WorkspaceId;
	/** The name the owner gave the workspace. */
	name: string;
	/** 0 is the first jump host, or the workspace itself when there is none. */
	hop: number;
	host: string;
	port: number;
	user: string;
}

export type Ask =
	/** Keyboard-interactive authentication (RFC 4256): all prompts of one request, answered together. */
	| {
			kind: 'prompts';
			about: AskAbout;
			title: string;
			instructions: string;
			prompts: { text: string; echo: boolean }[];
	  }
	/** Public key authentication (RFC 4252 section 7): sign `data` (base64) with the key of this fingerprint. */
	| {
			kind: 'signature';
			about: AskAbout;
			/** `SHA256:…` of the public key. */
			key: string;
			algorithm: 'ssh-ed25519' | 'ecdsa-sha2-nistp256';
			data: string;
	  };

export const askAnswer = v.variant('kind', [
	v.object({
		kind: v.literal('prompts'),
		answers: v.pipe(v.array(v.pipe(v.string(), v.maxLength(2000))), v.maxLength(20))
	}),
	/** The signature as WebCrypto makes it (Ed25519: 64 bytes; ECDSA P-256: r and s, 64 bytes), in base64. */
	v.object({ kind: v.literal('signature'), signature: v.pipe(v.string(), v.base64(), v.maxLength(200)) }),
	/** The person said no. */
	v.object({ kind: v.literal('refused') })
]);

/** `nobody`: no browser of the person was there, or none answered in time. */
export type AskAnswer = v.InferOutput<typeof askAnswer> | { kind: 'nobody' };

/** Asks the owner of the workspace. Never rejects; `signal` takes the question back (then `nobody`). */
export type Asker = (ask: Ask, signal: AbortSignal) => Promise<AskAnswer>;
