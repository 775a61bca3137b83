import type { Problem } from '#lib/model/problem.ts';
import type { SignInMethod } from '#lib/model/workspace.ts';
import { at, type Target } from './problems.ts';

/** What people are told when a machine does not let them in. None of these texts ever holds a secret. */

export const passwordRefused = (target: Target): Problem => ({
	code: 'ssh-password-refused',
	title: `${target.host} did not accept the password of ${target.user}.`,
	detail: `The server was asked as ${at(target)}.`,
	remedy:
		'Type the password again. Check the user name as well: servers do not say which of the two is wrong.'
});

export const keyRefused = (target: Target): Problem => ({
	code: 'ssh-key-refused',
	title: `${target.host} did not accept this key for ${target.user}.`,
	detail: `The server was asked as ${at(target)}; the key is not among those it lets in.`,
	remedy: 'Add the public half of the key to ~/.ssh/authorized_keys on that machine, or use another key.'
});

export const answersRefused = (target: Target): Problem => ({
	code: 'ssh-answers-refused',
	title: `${target.host} did not accept the answers for ${target.user}.`,
	detail: `The server was asked as ${at(target)}. It does not say which answer was wrong.`,
	remedy: 'Try again. A one-time code is good once and for half a minute; wait for the next one.'
});

const WORDS: Record<SignInMethod, string> = {
	password: 'a password',
	key: 'a key',
	interactive: 'answers to questions',
	'browser-key': 'a key',
	agent: 'a key of the SSH agent'
};

export const methodNotOffered = (target: Target, kind: SignInMethod, offered: string[]): Problem => ({
	code: 'ssh-method-not-offered',
	title: `${target.host} does not let ${target.user} log in with ${WORDS[kind]}.`,
	detail: `${at(target)} offers: ${offered.join(', ') || 'nothing'}.`,
	remedy: offered.includes('publickey') ? 'Log in with a key.' : 'Log in with a password.'
});

export const moreFactors = (target: Target): Problem => ({
	code: 'ssh-second-factor',
	title: `${target.host} asks for more than one proof of who ${target.user} is.`,
	detail: `After the first one, ${at(target)} asked for another (a one-time code, or a password).`,
	remedy: 'Give the next one as well; what was accepted is remembered meanwhile.'
});

export const passwordExpired = (target: Target): Problem => ({
	code: 'ssh-password-expired',
	title: `The password of ${target.user} on ${target.host} has to be changed.`,
	detail: `${at(target)} accepts it only together with a new one.`,
	remedy: 'Log in there once with an SSH program and choose a new password, then come back.'
});

/** A machine that asks for more at once than a person can be shown. */
export const tooManyQuestions = (target: Target): Problem => ({
	code: 'ssh-too-many-questions',
	title: `${target.host} asks too much at once.`,
	detail: `${at(target)} sent more than 20 questions in one request.`,
	remedy: 'Check that this is the right machine.'
});

/** Nobody answered what the machine asked, or signed. */
export const nobodyThere = (target: Target, kind: 'prompts' | 'signature'): Problem => ({
	code: 'ssh-nobody-there',
	title:
		kind === 'prompts'
			? `${target.host} asks something that only you can answer.`
			: `Logging in to ${target.host} needs the key in your browser.`,
	detail: `The connection to ${at(target)} waits; no page of Ansatz answered.`,
	remedy:
		kind === 'prompts'
			? 'Open Ansatz in a browser and answer there.'
			: 'Open Ansatz in a browser that has the key.'
});

export const personRefused = (target: Target, kind: 'prompts' | 'signature'): Problem => ({
	code: 'ssh-refused-by-person',
	title: `Logging in to ${target.host} was declined.`,
	detail:
		kind === 'prompts'
			? `The questions of ${at(target)} were not answered.`
			: `The key in the browser was not allowed to sign for ${at(target)}.`,
	remedy: 'Connect again to be asked again.'
});

export const wrongSignature = (target: Target): Problem => ({
	code: 'ssh-signature-wrong',
	title: 'The browser signed with another key.',
	detail: `The signature for ${at(target)} is not by the key that was asked for. Nothing was sent.`,
	remedy: 'Remove the key in the settings, make a new one and add it to the machine.'
});

export const browserKeyInvalid = (): Problem => ({
	code: 'ssh-browser-key-invalid',
	title: 'This is not a key of a browser.',
	detail: 'Ed25519 and ECDSA on P-256 can be used.',
	remedy: 'Make a new key in the settings.'
});

export const agentUnavailable = (reason: string): Problem => ({
	code: 'ssh-agent-unavailable',
	title: 'The SSH agent of this server does not answer.',
	detail: `It said: ${reason}.`,
	remedy: 'Start the agent on the server again, or log in in another way.'
});

export const agentRefused = (target: Target, tried: number): Problem => ({
	code: 'ssh-agent-refused',
	title: `${target.host} accepts no key of the SSH agent for ${target.user}.`,
	detail: tried === 0 ? 'The agent holds no key.' : `${tried} of its keys were offered to ${at(target)}.`,
	remedy: 'Load the right key with ssh-add on the server, or log in in another way.'
});

export const keyUnreadable = (): Problem => ({
	code: 'ssh-key-unreadable',
	title: 'This text is not a private key.',
	detail: 'Neither as an OpenSSH key nor as a PEM, PKCS 8 or PuTTY key could it be read.',
	remedy:
		'Paste the whole file, with its BEGIN and END lines. The file ending in .pub is the public half, not this one.'
});

export const passphraseWrong = (): Problem => ({
	code: 'ssh-passphrase-wrong',
	title: 'The passphrase does not open this key.',
	detail: 'The key is encrypted and could not be decrypted with it.',
	remedy:
		'Type the passphrase again. It is the one chosen when the key was made, not the password of the account.'
});

export const passphraseMissing = (): Problem => ({
	code: 'ssh-passphrase-missing',
	title: 'This key needs its passphrase.',
	detail: 'The key is encrypted.',
	remedy: 'Type the passphrase chosen when the key was made.'
});
