/** A web service of a workspace in the browser: seen by its owner alone, on an origin that shares nothing with ours. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { pythonFolders } from '../support/python.ts';
import { freePort, startSshd, type Sshd } from '../support/sshd.ts';
import { expect, test } from './support.ts';

let sshd: Sshd;
let service: Server;
let sockets: WebSocketServer;
let port: number;
/** What the service heard, newest last. */
const heard: { url: string; headers: NodeJS.Dict<string | string[]> }[] = [];

test.beforeAll(async () => {
	sshd = await startSshd({ readable: pythonFolders() });
	service = createServer((request, response) => {
		heard.push({ url: request.url!, headers: request.headers });
		response.setHeader('Set-Cookie', ['theirs=1; Path=/; Domain=localhost', 'ansatz-port=forged']);
		if (request.url === '/old')
			return void response.writeHead(302, { Location: `http://localhost:${port}/new` }).end();
		if (request.url === '/big') return void response.end(Buffer.alloc(20_000_000, 'x'));
		response.setHeader('Content-Type', 'text/html');
		response.end(`<title>A service</title><h1>Losses at ${request.url}</h1><p id="socket"></p><script>
			const socket = new WebSocket('ws://' + location.host + '/echo');
			socket.onopen = () => socket.send('hello');
			socket.onmessage = (event) => (document.getElementById('socket').textContent = 'said ' + event.data);
			socket.onclose = () => (document.getElementById('socket').textContent = 'closed');
		</script>`);
	});
	sockets = new WebSocketServer({ server: service });
	sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
	await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
	port = (service.address() as AddressInfo).port;
});
test.afterAll(async () => {
	service.closeAllConnections();
	service.close();
	await sshd.stop();
});

/** A program of the account on the machine, as somebody would start one in a terminal. Resolves when it listens. */
async function serveFiles(): Promise<{ port: number; stop: () => void }> {
	const at = await freePort();
	const key = join(mkdtempSync(join(tmpdir(), 'key-')), 'id');
	writeFileSync(key, sshd.privateKey, { mode: 0o600 });
	const options = [
		'-o',
		'StrictHostKeyChecking=no',
		'-o',
		'UserKnownHostsFile=/dev/null',
		'-o',
		'LogLevel=ERROR'
	];
	const command = `exec python3 -u -m http.server ${at} --bind 127.0.0.1`;
	const args = ['-tt', '-i', key, ...options, '-p', String(sshd.port), `${sshd.user}@127.0.0.1`, command];
	const child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'inherit'] });
	await new Promise<void>((resolve) =>
		child.stdout.on('data', (text: Buffer) => /Serving/.test(String(text)) && resolve())
	);
	return { port: at, stop: () => void child.kill() };
}

test('a service opens on an origin of its own, with its sockets, and nobody else gets in', async ({
	browser,
	site
}) => {
	const vera = await site.seed.person('port-vera', { displayName: 'Vera' });
	const mallory = await site.seed.person('port-mallory', { displayName: 'Mallory' });
	const workspace = await site.seed.workspace(vera, sshd, []);
	const call = (person: typeof vera, method: string, path: string, body?: unknown): Promise<Response> =>
		fetch(`${site.server.origin}/api/workspaces/${workspace}${path}`, {
			method,
			headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
			...(body ? { body: JSON.stringify(body) } : {})
		});
	expect((await call(vera, 'GET', '/ports')).status).toBe(409);
	const credential = { kind: 'password', password: sshd.password };
	const connected = await call(vera, 'POST', '/connect', { signIn: { hop: 0, credential } });
	expect(await connected.json()).toMatchObject({ state: 'connected' });
	const files = await serveFiles();

	const context = await site.signedIn(browser, vera);
	const page = await context.newPage();
	await page.goto(`${site.server.origin}/workspaces/${workspace}/ports`);
	await expect(page.getByRole('link', { name: new RegExp(`^${files.port} Files by Python`) })).toBeVisible();
	files.stop();
	await page.getByLabel('Port').fill(String(port));
	const [shown] = await Promise.all([
		context.waitForEvent('page'),
		page.getByRole('button', { name: 'Open' }).click()
	]);
	await expect(shown.getByRole('heading')).toHaveText('Losses at /');
	await expect(shown.locator('#socket')).toHaveText('said hello');
	const origin = new URL(shown.url()).origin;
	expect(origin).toMatch(new RegExp(`^http://p${port}-[0-9a-f]+\\.localhost:${site.server.port}$`));

	// What the service hears: its own host and cookies, none of ours. What the browser keeps: theirs for this host alone.
	await shown.goto(`${origin}/old`);
	await expect(shown.getByRole('heading')).toHaveText('Losses at /new');
	const last = heard.at(-1)!;
	expect(last.headers.host).toBe(`localhost:${port}`);
	expect(last.headers.cookie).toBe('theirs=1');
	expect(heard.every(({ headers }) => !JSON.stringify(headers).includes(vera.cookie.value))).toBe(true);
	const cookies = await context.cookies();
	expect(cookies.filter(({ name }) => name === 'theirs').map(({ domain }) => domain)).toEqual([
		new URL(origin).hostname
	]);
	expect(cookies.find(({ name }) => name === 'ansatz-port')!.value).not.toBe('forged');
	expect(await shown.evaluate(() => document.cookie)).toBe('theirs=1');

	// The service's scripts reach nothing of the application.
	const reached = await shown.evaluate(
		async (app) =>
			fetch(`${app}/api/notebooks`, { credentials: 'include' }).then(
				(answer) => answer.status,
				() => 'refused'
			),
		site.server.origin
	);
	expect(reached).toBe('refused');

	// A large answer arrives whole.
	expect(await shown.evaluate(async () => (await (await fetch('/big')).text()).length)).toBe(20_000_000);

	// Others: not by the address, not by a ticket that was used, not as another person, not from another origin.
	const direct = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
		fetch(`http://127.0.0.1:${site.server.port}${path}`, {
			redirect: 'manual',
			headers: { Accept: 'text/html', ...headers }
		});
	expect((await call(mallory, 'POST', `/ports/${port}`)).status).toBe(404);
	const { url } = (await (await call(vera, 'POST', `/ports/${port}`, { path: '/x' })).json()) as {
		url: string;
	};
	const stranger = await browser.newContext();
	const other = await stranger.newPage();
	await other.goto(origin);
	await expect(other).toHaveURL(/\/sign-in\?next=/);
	await other.goto(url);
	await expect(other.getByRole('heading')).toHaveText('Losses at /x');
	await other.goto(url);
	await expect(other.locator('body')).toContainText('used or is too old');
	await stranger.close();
	expect((await direct('/api/notebooks')).status).toBe(401);
	const pass = cookies.find(({ name }) => name === 'ansatz-port')!;
	const evil = new WebSocket(`ws://127.0.0.1:${site.server.port}/echo`, {
		headers: { Host: new URL(origin).host, Origin: site.server.origin, Cookie: `ansatz-port=${pass.value}` }
	});
	const refused = await new Promise((resolve) => {
		evil.on('unexpected-response', (_request, response) => resolve(response.statusCode));
		evil.on('open', () => resolve('opened'));
		evil.on('error', () => {});
	});
	expect(refused).toBe(403);

	// Signing out ends it, open sockets included.
	await shown.goto(`${origin}/again`);
	await expect(shown.locator('#socket')).toHaveText('said hello');
	await page.goto(`${site.server.origin}/account`);
	await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
	await expect(page).toHaveURL(/sign-in/);
	await expect(shown.locator('#socket')).toHaveText('closed');
	await shown.reload();
	await expect(shown).toHaveURL(/\/sign-in\?next=/);
	await context.close();
});
