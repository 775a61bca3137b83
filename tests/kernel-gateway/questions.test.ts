import ssh2 from 'ssh2';
import { expect, onTestFinished, test } from 'vitest';
import { oneTimeCode } from '../support/one-time-code.ts';
import type { Sshd } from '../support/sshd.ts';
import { address, checkList, Ear, gateway, password, proxy, shared, sign, UNKNOWN } from './harness.ts';
import { Person } from './person.ts';

const servers = shared({
	/** Asks for the password and then for a code. */
	both: {
		methods: ['keyboard', 'key'],
		pam: ['auth requisite pam_unix.so nodelay', 'auth required CODE']
	},
	/** A key and then a code. */
	keyCode: {
		methods: ['keyboard', 'key'],
		pam: ['auth required CODE'],
		config: ['AuthenticationMethods publickey,keyboard-interactive']
	},
	/** A password and then questions: the password again, where an empty answer leads to the code. */
	passwordCode: {
		methods: ['password', 'keyboard'],
		pam: ['auth sufficient pam_unix.so', 'auth required CODE'],
		config: ['AuthenticationMethods password,keyboard-interactive']
	},
	keyPassword: { config: ['AuthenticationMethods publickey,password'] }
});

const FAST = { backoffFirst: 5, backoffLongest: 50 };
const INTERACTIVE = sign({ kind: 'interactive' });

function meet(server: Sshd, timing: object = FAST) {
	const person = new Person();
	return { person, made: gateway({ ask: person.ask, timing }), at: address(server) };
}

test('what the machine asks is asked of the person, round by round, also when the line comes back', async () => {
	const server = servers.both;
	const { person, made, at } = meet(server);
	const relay = await proxy(server.port);
	at.port = relay.port;
	const checks = checkList();
	expect(await made.connect(at)).toMatchObject({
		methods: ['password', 'interactive', 'key', 'browser-key']
	});
	person.types([server.password], () => [oneTimeCode(server.codeSecret)]);
	expect(await made.connect(at, { ...INTERACTIVE, ...checks })).toMatchObject({ state: 'connected' });
	expect(checks.states()).toContain('sign-in ok');
	expect(person.asked[0]).toMatchObject({
		kind: 'prompts',
		about: { workspace: at.id, name: 'test', hop: 0, host: '127.0.0.1', port: relay.port, user: 'ada' },
		prompts: [{ text: 'Password: ', echo: false }]
	});
	expect(person.prompts).toEqual(['Password: ', 'Verification code: ']);

	const ear = new Ear();
	made.subscribe(at.id, 'none', 0, ear);
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'agent-no-kernel');
	person.types([server.password], () => [oneTimeCode(server.codeSecret)]);
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.state === 'up');
	expect(person.prompts).toHaveLength(4);

	// nobody is there: the line waits, and nothing knocks at the machine meanwhile
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'ssh-nobody-there');
	expect(ear.links.at(-1)!.state).toBe('lost');
	expect(person.prompts).toHaveLength(5);
	const knocks = relay.connections();
	person.types([server.password], () => [oneTimeCode(server.codeSecret)]);
	made.wake(at.id);
	await ear.until(() => ear.links.at(-1)?.state === 'up');
	expect(relay.connections()).toBe(knocks + 1);

	// a person who says no is not asked again
	person.answers.push(() => ({ kind: 'refused' }));
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.state === 'closed');
	expect(ear.links.at(-1)!.problem?.code).toBe('ssh-refused-by-person');
});

test('a password given answers its question; only the code is asked for', async () => {
	const server = servers.both;
	const { person, made, at } = meet(server);
	person.types(() => [oneTimeCode(server.codeSecret)]);
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	expect(person.prompts).toEqual(['Verification code: ']);
	await made.disconnect(at.id);
	person.types(['000000']);
	expect(await made.connect(at, password(server))).toMatchObject({
		state: 'needs-sign-in',
		problem: { code: 'ssh-answers-refused' }
	});
	expect(await made.connect(at, password({ password: 'not it' }))).toMatchObject({
		problem: { code: 'ssh-password-refused' }
	});
	const alone = gateway();
	expect(await alone.connect(address(server), password(server))).toMatchObject({
		state: 'needs-sign-in',
		problem: { code: 'ssh-second-factor' }
	});
});

test('a key and then a code: the key stays at hand while the code is tried again', async () => {
	const server = servers.keyCode;
	const { person, made, at } = meet(server);
	for (const type of ['ed25519', 'rsa']) {
		const privateKey = server.makeKey('-t', type, '-N', '');
		person.types(['000000']);
		expect(await made.connect(at, sign({ kind: 'key', privateKey }))).toMatchObject({
			state: 'needs-sign-in',
			methods: ['password', 'interactive'],
			problem: { code: 'ssh-answers-refused' }
		});
		person.types(() => [oneTimeCode(server.codeSecret)]);
		expect(await made.connect(at)).toMatchObject({ state: 'connected' });
		await made.disconnect(at.id);
	}
	expect(await made.connect(at, INTERACTIVE)).toMatchObject({ problem: { code: 'ssh-method-not-offered' } });
});

test('a password and then a code', async () => {
	const server = servers.passwordCode;
	const { person, made, at } = meet(server);
	person.types([''], () => [oneTimeCode(server.codeSecret)]);
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	expect(person.prompts).toEqual(['Password: ', 'Verification code: ']);
});

test('a key and then a password: asked for as a question, or given as a second sign-in, and remembered', async () => {
	const server = servers.keyPassword;
	const key = sign({ kind: 'key', privateKey: server.privateKey });
	const { person, made, at } = meet(server);
	const relay = await proxy(server.port);
	at.port = relay.port;
	person.types([server.password]);
	expect(await made.connect(at, key)).toMatchObject({ state: 'connected' });
	expect(person.prompts).toEqual(['Password of ada on 127.0.0.1:']);
	const ear = new Ear();
	made.subscribe(at.id, 'none', 0, ear);
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'agent-no-kernel');
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.state === 'up');
	expect(person.prompts).toHaveLength(1);

	const alone = gateway();
	const here = address(server);
	expect(await alone.connect(here, key)).toMatchObject({ methods: ['password'] });
	expect(await alone.connect(here, password(server))).toMatchObject({ state: 'connected' });
});

test('several questions at once are answered together; a machine that asks without end is left', async () => {
	const asked = [
		{ prompt: 'Name of your cat\u001b[31m: ', echo: true },
		{ prompt: 'Colour: ', echo: false }
	];
	let heard: string[] = [];
	const { private: hostKey } = ssh2.utils.generateKeyPairSync('ed25519');
	const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
		client.on('error', () => {});
		client.on('authentication', (context) => {
			if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
			const many = Array.from({ length: 21 }, () => ({ prompt: '?', echo: true }));
			context.prompt(asked, 'Two questions', 'Answer both.', (answers) => {
				heard = answers;
				context.prompt(many, () => context.reject());
			});
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	const { person, made, at } = meet(servers.both);
	at.port = (server.address() as { port: number }).port;
	const shown = await made.connect({ ...at, trust: [UNKNOWN] });
	if (shown.state !== 'host-key-unknown') throw new Error(shown.state);
	at.trust = [{ ...UNKNOWN, accepted: [shown] }];
	person.types(['Tom', 'grey']);
	expect(await made.connect(at, INTERACTIVE)).toMatchObject({ problem: { code: 'ssh-too-many-questions' } });
	expect(heard).toEqual(['Tom', 'grey']);
	expect(person.asked).toMatchObject([
		{
			...{ title: 'Two questions', instructions: 'Answer both.' },
			prompts: [
				{ text: 'Name of your cat[31m: ', echo: true },
				{ text: 'Colour: ', echo: false }
			]
		}
	]);
});

test('a question does not stand in the way of whoever signs in in another way', async () => {
	const server = servers.both;
	const person = new Person();
	let asking: AbortSignal | undefined;
	const made = gateway({
		ask(question, signal) {
			asking ??= signal;
			return person.ask(question, signal);
		}
	});
	const at = address(server);
	person.answers.push(() => new Promise(() => {}));
	const first = made.connect(at, INTERACTIVE);
	await person.until(1);
	person.types(() => [oneTimeCode(server.codeSecret)]);
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	expect(await first).toMatchObject({ state: 'failed' });
	expect(asking!.aborted).toBe(true);
});

test('a question is taken back when the machine hangs up', async () => {
	const server = servers.both;
	const { person, made, at } = meet(server);
	const relay = await proxy(server.port);
	at.port = relay.port;
	person.answers.push(() => new Promise(() => {}));
	const trying = made.connect(at, INTERACTIVE);
	await person.until(1);
	relay.cut();
	expect(await trying).toMatchObject({ state: 'failed', problem: { code: 'ssh-handshake' } });
});
