/** People without an account run an example: behind walls, within limits, and gone in seconds. Real kernels. */
import { eq, isNotNull } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { guestRuns } from '#db/schema-papers.ts';
import { notebooks, sessions, users } from '#db/schema.ts';
import type { GuestOffer } from '#lib/model/guest-offer.ts';
import { networkOf } from '#lib/server/guests.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { processesWith, publishExample, until } from '../support/paper-run.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';

/** What the test's guests leave running, by its argument. */
const MARK = `${90_000 + (process.pid % 9999)}.25`;
const CELLS = {
	net: `import socket
def tried(address):
    try:
        socket.create_connection(address, 3).close()
        return "reached"
    except OSError as error:
        return "closed"
print(tried(("127.0.0.1", PORT)), tried(("1.1.1.1", 443)), [name for _, name in socket.if_nameindex()])`,
	see: `import os, sys
def seen(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path).read(1))
    except OSError:
        return False
def written(path):
    try:
        open(path, "w").close()
        return True
    except OSError:
        return False
print(os.getuid() == 0, [seen(p) for p in ("/run", "/etc/shadow", "/root/.ssh", "/sys", "DATADIR/postgres")],
      len([n for n in os.listdir("/proc") if n.isdigit()]) < 6, written("/usr/x"), written("note.txt"),
      [n for n in os.environ if n in ("HOME", "DATA_DIR", "DATABASE_URL", "SSH_AUTH_SOCK")])`,
	data: `print(open("numbers/a.csv").read())`,
	memory: `kept = []
while True:
    kept.append(b"x" * 10_000_000)`,
	cpu: `while True: pass`,
	spin: `import subprocess, time
subprocess.Popen(["sleep", "${MARK}"], start_new_session=True)
print("up", flush=True)
while True: time.sleep(1)`
};
const OFFER = {
	on: true,
	workspace: 'local',
	minutes: 10,
	cpuSeconds: 60,
	memoryMb: 400,
	atOnce: 3,
	perAddress: 9999
};

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let asAda: Call;
let slug: string;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true, displayName: 'Ada' });
	asAda = caller(server, ada.token);
	const cells = Object.fromEntries(
		Object.entries(CELLS).map(([id, code]) => [
			id,
			code.replace('PORT', String(server.port)).replace('DATADIR', server.dataDir)
		])
	);
	const files = { 'numbers/a.csv': Buffer.from('1,2,3\n') };
	slug = await publishExample(server, seed, ada, 'An example for guests', { cells, files });
}, 120_000);
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

/** Whoever a test before has left is gone then. */
async function offer(change: Partial<GuestOffer> = {}): Promise<void> {
	await asAda('POST', '/api/guests/stop');
	const answer = await asAda('PUT', '/api/guests', { ...OFFER, ...change });
	expect([answer.status, answer.body.detail ?? null]).toEqual([200, null]);
}

/** The button of the card, as a browser without a session sends it. */
function press(cookie = ''): Promise<Response> {
	return fetch(`${server.origin}/papers/${slug}/v/1/run?/guest`, {
		method: 'POST',
		redirect: 'manual',
		headers: {
			Origin: server.origin,
			Accept: 'text/html',
			'Content-Type': 'application/x-www-form-urlencoded',
			...(cookie ? { Cookie: cookie } : {})
		},
		body: ''
	});
}

interface Guest {
	cookie: string;
	notebook: string;
	call: Call;
}

async function arrive(): Promise<Guest> {
	const answer = await press();
	const to = answer.headers.get('location') ?? '';
	expect([answer.status, to]).toEqual([303, expect.stringMatching(/^\/notebooks\/./)]);
	const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!;
	const plain = caller(server, null);
	const call: Call = (method, path, body) =>
		plain(method, path, body, { Cookie: cookie, Origin: server.origin });
	return { cookie, notebook: to.slice('/notebooks/'.length), call };
}

async function begin(guest: Guest, cell: string): Promise<string> {
	const started = await guest.call('POST', `/api/notebooks/${guest.notebook}/runs`, { cells: [cell] });
	expect([started.status, started.body.title ?? null]).toEqual([202, null]);
	return started.body.runs[0].id as string;
}

async function ended(guest: Guest, run: string): Promise<{ state: string; text: string }> {
	const { body } = await guest.call('GET', `/api/notebooks/${guest.notebook}/runs/${run}?wait=60`);
	const outputs = (body.outputs ?? []) as { text?: string }[];
	return {
		state: body.state as string,
		text: outputs.map((one) => one.text ?? JSON.stringify(one)).join('')
	};
}

const run = async (guest: Guest, cell: string) => ended(guest, await begin(guest, cell));

const guestsLeft = async (): Promise<number> =>
	(await seed.db.select({ id: users.id }).from(users).where(isNotNull(users.guestUntil))).length;

test('nobody is let in before an administrator has said so', async () => {
	expect((await asAda('GET', '/api/guests')).body.offer).toMatchObject({ on: false, workspace: null });
	const answer = await press();
	expect([answer.status, answer.headers.get('location')]).toEqual([303, `/papers/${slug}/v/1/run`]);
	const page = await (await fetch(`${server.origin}/papers/${slug}/v/1/run`)).text();
	expect(page).toContain('Sign in to run it');
	expect(page).not.toContain('Run as a guest');
	expect(await guestsLeft()).toBe(0);
	const bob = caller(server, (await seed.person('bob')).token);
	expectProblem(await bob('GET', '/api/guests'), 403, 'administrators-only');
	expectProblem(await bob('PUT', '/api/guests', { on: true }), 403, 'administrators-only');
	expectProblem(await bob('POST', '/api/guests/stop'), 403, 'administrators-only');
	expectProblem(await asAda('PUT', '/api/guests', { on: true }), 503, 'guests-away');
});

describe('a guest', () => {
	test('runs the example with its data, without network, and sees nothing of the machine', async () => {
		await offer();
		const guest = await arrive();
		expect(await run(guest, 'data')).toEqual({ state: 'done', text: '1,2,3\n\n' });
		expect(await run(guest, 'net')).toEqual({ state: 'done', text: "closed closed ['lo']\n" });
		expect(await run(guest, 'see')).toEqual({
			state: 'done',
			text: "False [False, False, False, False, False] True False True ['HOME']\n"
		});
		const { body } = await guest.call('GET', `/api/notebooks/${guest.notebook}`);
		expect(body).toMatchObject({
			role: 'editor',
			origin: { slug, number: 1, title: 'An example for guests' }
		});
	}, 120_000);

	test('has the memory and the processor time that are offered, and is told what ended the kernel', async () => {
		await offer({ cpuSeconds: 8, memoryMb: 300 });
		const guest = await arrive();
		const memory = await run(guest, 'memory');
		expect(memory).toEqual({
			state: 'error',
			text: 'The kernel was ended. A guest may use 300 MB of memory.'
		});
		const cpu = await run(guest, 'cpu');
		expect(cpu).toEqual({
			state: 'error',
			text: 'The kernel was ended. A guest may use 8 s of processor time.'
		});
	}, 120_000);

	test('may do nothing else', async () => {
		await offer();
		const guest = await arrive();
		const { notebook } = guest;
		const other = await seed.notebook(ada);
		const refused: [string, string, object?][] = [
			['GET', '/api/workspaces'],
			['POST', '/api/workspaces', { name: 'x', host: 'example.org', port: 22, user: 'x', environments: [] }],
			['GET', '/api/workspaces/local/files?path=/'],
			['POST', '/api/workspaces/local/connect', {}],
			['GET', '/api/notebooks'],
			['POST', '/api/notebooks', {}],
			['DELETE', `/api/notebooks/${notebook}`],
			['GET', `/api/notebooks/${notebook}/members`],
			['PUT', `/api/notebooks/${notebook}/members`, { name: 'ada', role: 'owner' }],
			['POST', `/api/notebooks/${notebook}/links`, { role: 'owner' }],
			['POST', `/api/notebooks/${notebook}/paper`, {}],
			['POST', `/api/notebooks/${notebook}/sweeps`, {}],
			['POST', `/api/notebooks/${notebook}/terminals`, {}],
			['POST', `/api/papers/${slug}/versions/1/copies`],
			['POST', `/api/papers/${slug}/versions/1/runs`, { workspace: 'local' }],
			['GET', '/api/papers/lookup?id=10.1000/1'],
			['PUT', '/api/account/notices', { email: 'a@example.org', notifyAfterS: 1, notifyByMail: true }],
			['GET', '/api/settings'],
			['PUT', '/api/guests', { on: false }],
			['POST', '/api/guests/stop'],
			['GET', '/api/asks'],
			['GET', '/api/host-keys'],
			['GET', '/api/browser-keys']
		];
		for (const [method, path, body] of refused) {
			const answer = await guest.call(method, path, body);
			expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 403, 'guest']);
		}
		for (const path of [
			'/',
			'/people',
			'/account',
			'/settings',
			'/workspaces',
			'/api',
			`/notebooks/${notebook}/publish`
		]) {
			const answer = await fetch(server.origin + path, {
				redirect: 'manual',
				headers: { Cookie: guest.cookie }
			});
			expect([path, answer.headers.get('location')]).toEqual([
				path,
				`/sign-in?next=${encodeURIComponent(path)}`
			]);
		}
		// Not by another way either.
		expectProblem(await guest.call('GET', `/api/notebooks/${other}`), 404, 'notebook-unknown');
		const kernel = `/api/notebooks/${notebook}/kernel`;
		const resources = { scheduler: 'slurm', cpus: 1, memory: 100, minutes: 1 };
		const job = await guest.call('POST', kernel, { action: 'start', workspace: 'local', resources });
		expect([job.status >= 400 || job.body.problem !== null, job.status]).toEqual([true, job.status]);
		const elsewhere = await guest.call('POST', kernel, { action: 'start', workspace: 'another' });
		expectProblem(elsewhere, 403, 'workspace-not-yours');
		for (const path of ['/person', '/terminal']) {
			const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, {
				headers: { Origin: server.origin, Cookie: guest.cookie }
			});
			const status = await new Promise((resolve) => {
				socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
				socket.on('open', () => resolve(101));
				socket.on('error', () => undefined);
			});
			expect([path, status]).toEqual([path, 401]);
		}
		const [account] = await seed.db.select().from(users).where(isNotNull(users.guestUntil));
		expect(account).toMatchObject({
			passwordHash: null,
			admin: false,
			displayName: expect.stringMatching(/^Guest [0-9a-f]{4}$/)
		});
		expect((await asAda('POST', '/api/guests/stop')).status).toBe(200);
	}, 120_000);

	test('is gone when the time is over: kernel, what it started, account, notebook and session', async () => {
		await offer({ minutes: 0.6 });
		const guest = await arrive();
		const started = Date.now();
		await begin(guest, 'spin');
		await until('the process of the guest runs', 33, () => processesWith(`sleep ${MARK}`).length > 0);
		await until('the guest is gone', 60, async () => (await guestsLeft()) === 0);
		expect(Date.now() - started).toBeGreaterThan(20_000);
		expect(processesWith(`sleep ${MARK}`)).toEqual([]);
		expect((await guest.call('GET', `/api/notebooks/${guest.notebook}`)).status).toBe(401);
		expect(await seed.db.select().from(notebooks).where(eq(notebooks.id, guest.notebook))).toEqual([]);
		expect(await seed.db.select().from(guestRuns)).toEqual([]);
	}, 120_000);
});

test('a thousand who come at once start no more than the limit, and the server answers meanwhile', async () => {
	await offer({ atOnce: 3 });
	const statuses: Record<string, number> = {};
	let waiting = 1000;
	let slowest = 0;
	const come = async (): Promise<void> => {
		while (waiting-- > 0) {
			const answer = await press();
			const key = answer.status === 303 ? 'in' : String(answer.status);
			statuses[key] = (statuses[key] ?? 0) + 1;
			await answer.arrayBuffer();
		}
	};
	let coming = true;
	const look = async (): Promise<void> => {
		while (coming) {
			const began = Date.now();
			expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
			slowest = Math.max(slowest, Date.now() - began);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	};
	const looking = look();
	await Promise.all(Array.from({ length: 50 }, come));
	coming = false;
	await looking;
	expect(statuses).toEqual({ in: 3, '503': 997 });
	expect(await guestsLeft()).toBe(3);
	expect(slowest).toBeLessThan(5000);
	const page = await (await press()).text();
	expect(page).toContain('All places for guests are taken.');
}, 180_000);

test('one address has its share of an hour and no more', async () => {
	await offer({ perAddress: 2, atOnce: 10 });
	const answers = [await press(), await press(), await press()];
	expect(answers.map(({ status }) => status)).toEqual([303, 303, 429]);
	expect(await answers[2]!.text()).toContain('From your network');
	expect([networkOf('::ffff:10.1.2.3'), networkOf('2001:db8:0:01::9'), networkOf('2001:db8::1:2')]).toEqual([
		'10.1.2.3',
		'2001:db8:0:1',
		'2001:db8:0:0'
	]);
}, 60_000);

test('the switch ends all guests within five seconds, whatever their kernels do', async () => {
	await offer({ atOnce: 4 });
	const guests = await Promise.all([arrive(), arrive(), arrive()]);
	for (const guest of guests) await begin(guest, 'spin');
	await until('all three run', 60, () => processesWith(`sleep ${MARK}`).length === 3);
	const late = press();
	const began = Date.now();
	const answer = await asAda('POST', '/api/guests/stop');
	expect(Date.now() - began).toBeLessThan(5000);
	expect(answer.body.guests).toBeGreaterThanOrEqual(3);
	expect(processesWith(`sleep ${MARK}`)).toEqual([]);
	await late;
	await until('the last who came is gone', 5, async () => (await guestsLeft()) === 0);
	for (const { call, notebook } of guests)
		expect((await call('GET', `/api/notebooks/${notebook}`)).status).toBe(401);
	expect((await press()).headers.get('location')).toBe(`/papers/${slug}/v/1/run`);
	await until('no kernel of a guest is left', 5, () => processesWith('guest {"seconds"').length === 0);
}, 120_000);

test('a server that is killed meanwhile leaves nothing over', async () => {
	await offer({ minutes: 0.6 });
	const guest = await arrive();
	await begin(guest, 'spin');
	await until('the process of the guest runs', 33, () => processesWith(`sleep ${MARK}`).length > 0);
	await server.kill();
	// Nobody is there to end it: it has its own clock.
	await until('the kernel has ended by itself', 60, () => processesWith(`sleep ${MARK}`).length === 0);
	expect(await guestsLeft()).toBe(1);
	server = await server.restart();
	asAda = caller(server, ada.token);
	await until('the guest is gone', 15, async () => (await guestsLeft()) === 0);
	expect(await seed.db.select().from(guestRuns)).toEqual([]);
	expect(await seed.db.select().from(notebooks).where(eq(notebooks.id, guest.notebook))).toEqual([]);
	const left = await seed.db.select({ user: sessions.userId }).from(sessions);
	expect(left.every(({ user }) => user === ada.id || user !== guest.notebook)).toBe(true);
}, 120_000);

describe('on an account of a machine reached by SSH', () => {
	let sshd: Sshd;
	let workspace: string;
	beforeAll(async () => {
		sshd = await startSshd({ readable: pythonFolders() });
		workspace = await seed.workspace(ada, sshd, [TEST_ENVIRONMENT]);
		const credential = { kind: 'password', password: sshd.password };
		const connected = await asAda('POST', `/api/workspaces/${workspace}/connect`, {
			signIn: { hop: 0, credential }
		});
		expect(connected.body).toMatchObject({ state: 'connected' });
	}, 60_000);
	afterAll(() => sshd?.stop());

	test('a namespace of users makes the walls', async () => {
		await offer({ workspace });
		const guest = await arrive();
		expect(await run(guest, 'net')).toEqual({ state: 'done', text: "closed closed ['lo']\n" });
		expect(await run(guest, 'see')).toMatchObject({
			text: "False [False, False, False, False, False] True False True ['HOME']\n"
		});
		expect(await run(guest, 'data')).toMatchObject({ text: '1,2,3\n\n' });
		await asAda('POST', '/api/guests/stop');
	}, 120_000);
});

test('nobody gets in while the switch is being turned', async () => {
	for (let round = 0; round < 3; round++) {
		await offer({ atOnce: 20 });
		const presses: Promise<Response>[] = [];
		let turned = false;
		const stop = asAda('POST', '/api/guests/stop').then(() => (turned = true));
		while (!turned && presses.length < 40) {
			presses.push(press());
			await new Promise(setImmediate);
		}
		await stop;
		await Promise.all(presses);
		await until('nobody is left', 5, async () => (await guestsLeft()) === 0);
	}
}, 120_000);
