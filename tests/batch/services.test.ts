/**
 * Web services in the job of a kernel, on real pools: started by a cell, opened through the proxy, gone with the job; entered
 * by condor_ssh_to_job or srun, and called back where that is switched off.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { caller } from '../support/api.ts';
import { withoutClusters, type Cluster } from '../support/cluster.ts';
import { startHTCondor } from '../support/htcondor.ts';
import { startSlurm } from '../support/slurm.ts';
import { openDesk, PATIENT, type Desk, type Desktop } from './notebook.ts';

const missing = withoutClusters();
if (missing !== null) console.warn(`Services in batch jobs are left out. ${missing}`);

/** An HTTP server of the standard library, and sockets that echo, by what comes with every ipykernel. */
const SERVICES = `
import subprocess, sys
program = '''
import asyncio, os, tornado.httpserver, tornado.netutil, tornado.web, tornado.websocket
class Page(tornado.web.RequestHandler):
    def get(self):
        self.set_cookie("theirs", "1")
        self.write("in " + (os.environ.get("_CONDOR_SCRATCH_DIR") or "job " + os.environ["SLURM_JOB_ID"]) + " with " + self.request.headers.get("Cookie", "no cookie"))
class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)
async def main():
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(tornado.web.Application([("/", Page), ("/echo", Echo)])).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
'''
app = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
import tempfile
folder = tempfile.mkdtemp()
open(folder + "/big", "wb").write(bytes(30_000_000))
files = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=folder,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
print(int(app.stdout.readline()), int(files.stdout.readline().split(b"port ")[1].split()[0]))
`;

const WAYS = [
	{ scheduler: 'htcondor', way: 'attach', start: () => startHTCondor({ sharedHome: false }) },
	{
		scheduler: 'htcondor',
		way: 'call-back',
		start: () => startHTCondor({ sharedHome: false, config: ['ENABLE_SSH_TO_JOB = False'] })
	},
	{ scheduler: 'slurm', way: 'attach', start: () => startSlurm() }
] as const;

describe.skipIf(missing !== null).each(WAYS)('$scheduler, $way', ({ scheduler, way, start }) => {
	let pool: Cluster;
	let desk: Desk;
	let page: Desktop;
	let ports: number[];

	beforeAll(async () => {
		pool = await start();
		desk = await openDesk(pool, scheduler);
		page = await desk.notebook(SERVICES);
		await page.start();
		page.run(0);
		expect(await page.ended(0), page.text(0)).toBe('done');
		ports = page.text(0).split(' ').map(Number);
	}, 240_000);
	afterAll(async () => {
		page?.tab.close();
		await desk?.end();
		await pool?.stop();
	}, 60_000);

	/** A request to a host name of the zone, as a browser sends it. */
	async function get(url: string, cookie = '') {
		const { host, pathname, search } = new URL(url);
		const outgoing = request({
			...{ host: '127.0.0.1', port: desk.server.port, path: pathname + search },
			headers: { host, accept: 'text/html', ...(cookie ? { cookie } : {}) }
		}).end();
		const [incoming] = await once(outgoing, 'response');
		const body = await text(incoming);
		return { status: incoming.statusCode as number, headers: incoming.headers, body };
	}

	const path = (port: number, kernel: string | null): string =>
		`/api/workspaces/${desk.workspace}${kernel === null ? '' : `/kernels/${kernel}`}/ports/${port}`;

	/** Goes in as the owner: the origin and the pass for it. */
	async function enter(port: number, kernel: string | null): Promise<{ origin: string; pass: string }> {
		const { status, body } = await desk.call('POST', path(port, kernel));
		expect([status, body]).toEqual([200, { url: expect.any(String) }]);
		const { headers } = await get(body.url);
		return { origin: new URL(body.url).origin, pass: headers['set-cookie']![0]!.split(';')[0]! };
	}

	function connect(origin: string, pass: string): WebSocket {
		return new WebSocket(`ws://127.0.0.1:${desk.server.port}/echo`, {
			headers: { Host: new URL(origin).host, Origin: origin, Cookie: pass }
		});
	}

	test('listed, opened, with its sockets, and by nobody else', { timeout: 120_000 }, async () => {
		const { body: offers } = await desk.call('GET', `/api/workspaces/${desk.workspace}/offers`);
		expect(offers.offers.find((each: { scheduler: string }) => each.scheduler === scheduler).way).toBe(way);
		const { kernel } = page.kernel();
		const list = await desk.call('GET', `/api/workspaces/${desk.workspace}/ports`);
		expect(list.body.jobs).toMatchObject([
			{
				kernel,
				scheduler,
				id: page.job()!.id,
				node: page.job()!.node,
				notebook: { title: 'Batch' }
			}
		]);
		const inJob = await desk.call('GET', `/api/workspaces/${desk.workspace}/kernels/${kernel}/ports`);
		expect(inJob.body.ports.map(({ port }: { port: number }) => port)).toEqual(expect.arrayContaining(ports));
		// Nothing of the scheduler's own that runs as the account.
		expect(inJob.body.ports.filter(({ pid }: { pid: number | null }) => pid === null)).toEqual([]);
		// The login node's sshd is of the same machine and not of the job.
		expect(inJob.body.ports.map(({ port }: { port: number }) => port)).not.toContain(pool.port);

		const { origin, pass } = await enter(ports[0]!, kernel);
		expect(new URL(origin).hostname).toMatch(new RegExp(`^j${ports[0]}-[0-9a-z]+-[0-9a-z]+\\.localhost$`));
		const shown = await get(`${origin}/`, `${pass}; theirs=1`);
		expect(shown.status).toBe(200);
		expect(shown.body).toMatch(/^in (\/|job \d).* with theirs=1$/);
		expect(shown.headers['set-cookie']![0]).toMatch(/^theirs=1/);

		// More at once than an SSH connection has sessions.
		const sockets = Array.from({ length: 15 }, () => connect(origin, pass));
		await Promise.all(sockets.map((socket) => once(socket, 'open')));
		const answers = sockets.map((socket) => once(socket, 'message'));
		sockets.forEach((socket, index) => socket.send(`hello ${index}`));
		expect((await Promise.all(answers)).map(([data]) => String(data))).toEqual(
			sockets.map((_, index) => `hello ${index}`)
		);
		sockets.slice(1).forEach((socket) => socket.close());
		const files = await enter(ports[1]!, kernel);
		expect((await get(`${files.origin}/big`, files.pass)).body.length).toBe(30_000_000);

		// The same port of the login node: another origin, which the pass does not open, nor the other way round.
		const near = await enter(ports[0]!, null);
		expect(near.origin).not.toBe(origin);
		for (const [at, with_] of [
			[near.origin, pass],
			[origin, near.pass],
			[files.origin, pass]
		] as const) {
			expect(await get(`${at}/`, with_)).toMatchObject({ status: 302 });
		}
		const back = await get(`${origin}/deep?x=1`);
		expect(back.headers.location).toBe(
			`${desk.server.origin}/workspaces/${desk.workspace}/kernels/${kernel}/ports/${ports[0]}?to=${encodeURIComponent('/deep?x=1')}`
		);
		const stranger = caller(desk.server, (await desk.seed.person(`mallory-${scheduler}-${way}`)).token);
		expect((await stranger('POST', path(ports[0]!, kernel))).status).toBe(404);
		expect((await stranger('GET', `/api/workspaces/${desk.workspace}/kernels/${kernel}/ports`)).status).toBe(
			404
		);

		// It ends with the job, and says so.
		const closed = once(sockets[0]!, 'close');
		await page.act('shutdown');
		await closed;
		await page.kernelIs('none');
		const after = await get(`${origin}/`, pass);
		expect(after.status).toBe(502);
		expect(after.body).toMatch(/^The job in which this service ran has ended\./);
		expect((await desk.call('GET', `/api/workspaces/${desk.workspace}/ports`)).body.jobs).toEqual([]);
		await vi.waitFor(async () => {
			const ask = scheduler === 'slurm' ? 'squeue --noheader --me' : 'condor_q -af ClusterId';
			expect((await pool.run(ask)).stdout.trim()).toBe('');
			expect((await pool.asRoot('pgrep -af "[w]orker|[t]ornado|[h]ttp.server" || true')).stdout).toBe('');
		}, PATIENT);
	});
});
