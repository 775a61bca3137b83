/** Settings of the installation, of a notebook and of a person, over HTTP: who may, what is taken, what is refused. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settings } from '#db/schema.ts';
import { plainResources } from '#lib/model/job.ts';
import { LOOPBACK, openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let bob: SeededPerson;
let notebook: string;

beforeAll(async () => {
	// Nobody listens there: nothing is sent in these tests.
	server = await startServer({
		env: { SMTP_URL: 'smtp://user:canary-smtp@127.0.0.1:9', MAIL_FROM: 'Ansatz <ansatz@example.org>' }
	});
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true });
	bob = await seed.person('bob');
	notebook = await seed.notebook(ada);
	await seed.member(notebook, bob, 'editor');
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

async function call(
	person: SeededPerson,
	method: string,
	path: string,
	body?: unknown
): Promise<[number, Record<string, unknown>]> {
	const answer = await fetch(server.origin + path, {
		method,
		headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
		...(body === undefined ? {} : { body: JSON.stringify(body) })
	});
	return [answer.status, (await answer.json()) as Record<string, unknown>];
}

test('a fresh installation shuts nothing down, and only administrators see and change that', async () => {
	// what the tests themselves list is all there is
	const fresh = {
		...{ idleMinutes: null, idleMinutesMax: null, jobLeaseMinutes: null, jobWay: null },
		jobPresets: [],
		reach: LOOPBACK,
		paperModeration: false
	};
	expect(await call(ada, 'GET', '/api/settings')).toEqual([200, fresh]);
	for (const method of ['GET', 'PUT'])
		expect(await call(bob, method, '/api/settings', method === 'PUT' ? fresh : undefined)).toEqual([
			403,
			expect.objectContaining({ code: 'administrators-only' })
		]);
	expect(await call(ada, 'PUT', '/api/settings', { idleMinutes: 60 })).toEqual([
		200,
		{ ...fresh, idleMinutes: 60 }
	]);
	expect(await call(ada, 'PUT', '/api/settings', { idleMinutesMax: 240 })).toEqual([
		200,
		{ ...fresh, idleMinutes: 60, idleMinutesMax: 240 }
	]);
	expect((await call(ada, 'PUT', '/api/settings', { idleMinutes: 300 }))[1].code).toBe('idle-above-maximum');
	for (const wrong of [0, -1, 1.5, '60', 20_161])
		expect((await call(ada, 'PUT', '/api/settings', { idleMinutes: wrong }))[0]).toBe(400);
	expect(await call(ada, 'GET', '/api/settings')).toEqual([
		200,
		{ ...fresh, idleMinutes: 60, idleMinutesMax: 240 }
	]);
});

test('the way to the nodes of jobs is one of two, or left to the machine', async () => {
	for (const jobWay of ['attach', 'call-back', null])
		expect((await call(ada, 'PUT', '/api/settings', { jobWay }))[1].jobWay).toBe(jobWay);
	expect((await call(ada, 'PUT', '/api/settings', { jobWay: 'carrier-pigeon' }))[0]).toBe(400);
	expect((await call(bob, 'PUT', '/api/settings', { jobWay: 'attach' }))[0]).toBe(403);
});

test('presets for batch systems are checked like what people type, and kept', async () => {
	const preset = { name: 'One GPU', hosts: 'Login*.Cluster.org', resources: plainResources('slurm') };
	const kept = { ...preset, hosts: 'login*.cluster.org' };
	expect((await call(bob, 'PUT', '/api/settings', { jobPresets: [preset] }))[0]).toBe(403);
	const [status, body] = await call(ada, 'PUT', '/api/settings', { jobPresets: [preset] });
	expect([status, body.jobPresets]).toEqual([200, [kept]]);
	for (const [wrong, says] of [
		[{ name: '' }, 'jobPresets.0.name'],
		[{ hosts: 'login node' }, 'jobPresets.0.hosts'],
		[{ resources: { ...preset.resources, partition: 'gpu\nx' } }, 'jobPresets.0.resources.partition'],
		[{ resources: { ...preset.resources, cpus: 0 } }, 'jobPresets.0.resources.cpus']
	] as const)
		expect(await call(ada, 'PUT', '/api/settings', { jobPresets: [{ ...preset, ...wrong }] })).toEqual([
			400,
			expect.objectContaining({ code: 'invalid', detail: expect.stringContaining(says) })
		]);
	// One name twice would be two buttons that nobody can tell apart.
	expect((await call(ada, 'PUT', '/api/settings', { jobPresets: [preset, kept] }))[0]).toBe(400);
	// What another version wrote and this one does not know is left out.
	await seed.db
		.update(settings)
		.set({ value: [kept, { ...kept, resources: {} }] })
		.where(eq(settings.name, 'jobPresets'));
	expect((await call(ada, 'GET', '/api/settings'))[1].jobPresets).toEqual([kept]);
	expect((await call(ada, 'PUT', '/api/settings', { jobPresets: [] }))[1].jobPresets).toEqual([]);
});

test('the settings page takes the list of places line by line, and names the line that is wrong', async () => {
	const send = async (person: SeededPerson, reach: string): Promise<[number, string]> => {
		const answer = await fetch(`${server.origin}/settings?/reach`, {
			method: 'POST',
			headers: {
				Origin: server.origin,
				Cookie: `${person.cookie.name}=${person.cookie.value}`,
				Accept: 'text/html',
				'Content-Type': 'application/x-www-form-urlencoded'
			},
			body: new URLSearchParams({ reach }).toString()
		});
		return [answer.status, await answer.text()];
	};
	expect((await send(bob, ''))[0]).toBe(403);
	const [status, page] = await send(ada, '*.example.org 22\r\n\r\nnode:22');
	expect([status, page]).toEqual([
		400,
		expect.stringContaining('Line 3: Separate the host and its ports by a space.')
	]);
	expect((await send(ada, '*.Example.org 22\r\n\r\n10.1.2.3/16\r\n'))[0]).toBe(200);
	expect((await call(ada, 'GET', '/api/settings'))[1].reach).toEqual([
		{ host: '*.example.org', ports: [[22, 22]] },
		{ host: '10.1.0.0/16', ports: [] }
	]);
});

test('the owner of a notebook chooses within the maximum; an editor does not', async () => {
	const path = `/api/notebooks/${notebook}`;
	expect((await call(bob, 'PATCH', path, { idleMinutes: 5 }))[1].code).toBe('role');
	expect((await call(bob, 'GET', path))[1].idle).toEqual({
		own: null,
		default: 60,
		maximum: 240,
		minutes: 60
	});
	expect((await call(ada, 'PATCH', path, { idleMinutes: 5 }))[1].idle).toMatchObject({ own: 5, minutes: 5 });
	expect((await call(ada, 'PATCH', path, { idleMinutes: 0 }))[1].idle).toMatchObject({
		own: 0,
		minutes: 240
	});
	expect((await call(ada, 'PATCH', path, {}))[1].idle).toMatchObject({ own: 0 });
	expect((await call(ada, 'PATCH', path, { idleMinutes: -1 }))[0]).toBe(400);
	expect((await call(ada, 'PATCH', path, { idleMinutes: null }))[1].idle).toMatchObject({ own: null });
});

test('how one is told of long runs is one’s own', async () => {
	const off = { email: null, notifyAfterS: null, notifyByMail: false, mail: true };
	const path = '/api/account/notices';
	expect(await call(bob, 'GET', path)).toEqual([200, off]);
	const fields = { email: 'bob@example.org', notifyAfterS: 30, notifyByMail: true };
	expect(await call(bob, 'PUT', path, fields)).toEqual([200, { ...fields, mail: true }]);
	expect(await call(ada, 'GET', path)).toEqual([200, off]);
	for (const wrong of [{ email: 'nobody' }, { email: 'a@b.c\nBcc: d@e.f' }, { notifyAfterS: 0 }])
		expect((await call(bob, 'PUT', path, { ...fields, ...wrong }))[0]).toBe(400);
	// No switch without an address.
	expect((await call(bob, 'PUT', path, { ...fields, email: null }))[1].notifyByMail).toBe(false);
});

test('the account page takes an address where mail is set up, and says what is wrong with one', async () => {
	const cookie = `${bob.cookie.name}=${bob.cookie.value}`;
	const page = async (): Promise<string> =>
		(await fetch(`${server.origin}/account`, { headers: { Cookie: cookie } })).text();
	const send = (fields: Record<string, string>): Promise<Response> =>
		fetch(`${server.origin}/account?/notices`, {
			method: 'POST',
			headers: {
				Origin: server.origin,
				Cookie: cookie,
				Accept: 'text/html',
				'Content-Type': 'application/x-www-form-urlencoded'
			},
			body: new URLSearchParams(fields).toString()
		});
	expect((await send({ after: '300', email: 'bob@example.org', byMail: 'yes' })).status).toBe(200);
	expect((await call(bob, 'GET', '/api/account/notices'))[1]).toEqual({
		email: 'bob@example.org',
		notifyAfterS: 300,
		notifyByMail: true,
		mail: true
	});
	expect(await page()).toContain('value="bob@example.org"');
	const refused = await send({ after: '300', email: 'bob at example', byMail: 'yes' });
	expect(refused.status).toBe(400);
	expect(await refused.text()).toContain('Type an address like ada@example.org.');
	expect((await send({ after: '', email: '' })).status).toBe(200);
	expect((await call(bob, 'GET', '/api/account/notices'))[1]).toMatchObject({
		email: null,
		notifyAfterS: null,
		notifyByMail: false
	});
	expect(await page()).not.toContain('canary-smtp');
	expect(server.output()).not.toContain('canary-smtp');
});
