/** Services in the job of a kernel, through the gateway, with a stand-in for the batch system (tests/agent/processes.py). */
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGateway } from '#gateway/gateway.ts';
import { Streams } from '#gateway/streams.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import { plainResources } from '#lib/model/job.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import { stopAgent } from '../support/agent-process.ts';
import { AGENT, Ear, ipykernel, run } from './harness.ts';

/** Answers at once with what it was sent when that ends, or with as much as the path says. */
const SERVICE = `
import subprocess, sys
program = '''
import http.server, socketserver
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 100
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        size = int(self.path[1:])
        self.send_response(200)
        self.end_headers()
        for _ in range(size // 65536):
            self.wfile.write(bytes(65536))
        if size == 1:
            self.wfile.write(b"begun")
            self.rfile.read(1)
    def do_POST(self):
        size, left = int(self.headers["content-length"]), 0
        while left < size:
            left += len(self.rfile.read1(size - left))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"%d" % left)
    def log_message(self, *_):
        pass
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
'''
service = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
print(service.stdout.readline().decode())
`;

const folder = mkdtempSync(path.join(tmpdir(), 'services-'));
const at: WorkspaceAddress = { kind: 'local', id: newId(), name: 'here', environments: [] };
const kernel = newId();
const ear = new Ear();
let made: KernelGateway;
let port: number;

beforeAll(async () => {
	cpSync(AGENT, path.join(folder, 'agent'), { recursive: true });
	cpSync('tests/agent/processes.py', path.join(folder, 'agent', 'schedulers.py'));
	mkdirSync(path.join(folder, 'cluster'));
	process.env.STAND_IN = path.join(folder, 'cluster');
	process.env.STAND_IN_PROGRAM = path.resolve('tests/agent/processes.py');
	process.env.ANSATZ_JOBS = path.join(folder, 'jobs');
	made = createGateway({ agentFolder: path.join(folder, 'agent'), localRuntime: path.join(folder, 'run') });
	const spec = await ipykernel(made, at);
	await made.start(at.id, kernel, spec, {
		resources: { ...plainResources('slurm'), scheduler: 'processes' as never }
	});
	made.subscribe(at.id, kernel, 0, ear);
	const { id } = run(made, at.id, kernel, SERVICE);
	await ear.finished(id);
	port = Number(ear.printed(id));
}, 60_000);
afterAll(async () => {
	// The last test has ended it, unless one before failed.
	if (!ear.heard.some(({ type }) => type === 'died')) await made.shutdown(at.id, kernel);
	await ear.until(() => ear.heard.some(({ type }) => type === 'died'));
	await made.close();
	stopAgent(path.join(folder, 'run'));
	rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const dial = (): Promise<Duplex> => made.dial(at.id, port, kernel);

/** Whether well or not. */
const end = (socket: Duplex) => new Promise((resolve) => socket.once('close', resolve));

/** One request over a connection of its own. */
async function ask(url: string, body?: Buffer) {
	const socket = await dial();
	const outgoing = request({
		...{ method: body ? 'POST' : 'GET', path: url, headers: { connection: 'close' } },
		createConnection: () => socket as never
	});
	outgoing.end(body);
	const [incoming] = await once(outgoing, 'response');
	return { socket, incoming };
}

test('a service in a job is listed there, and reached over twenty connections at once', async () => {
	const [job] = await made.kernels(at.id);
	expect(job).toMatchObject({ kernel, state: 'alive', job: { state: 'running', node: 'node1' } });
	expect((await made.listening(at.id, kernel)).map((one) => one.port)).toContain(port);
	const sockets = await Promise.all(Array.from({ length: 20 }, dial));
	for (const socket of sockets) socket.write('GET /65536 HTTP/1.0\r\n\r\n');
	const answers = await Promise.all(sockets.map(async (socket) => (await text(socket)).length));
	expect(answers.every((length) => length > 65_536)).toBe(true);
});

test('a port where nothing listens, and a kernel that is in no job, are refused in words', async () => {
	await expect(made.dial(at.id, 1, kernel)).rejects.toMatchObject({
		problem: { code: 'workspace-port-refused', title: 'Nothing answers at port 1 of the node of the job.' }
	});
	for (const ask of [() => made.dial(at.id, port, newId()), () => made.listening(at.id, newId())])
		await expect(ask()).rejects.toMatchObject({
			status: 410,
			problem: { title: 'The job in which this service ran has ended.' }
		});
});

test('100 MB come through in little memory, and a reader that stands still keeps nobody waiting', async () => {
	const still = await ask('/104857600');
	still.incoming.pause();
	const { incoming } = await ask('/104857600');
	let length = 0;
	let most = 0;
	for await (const chunk of incoming) {
		length += (chunk as Buffer).length;
		most = Math.max(most, still.socket.readableLength);
	}
	expect(length).toBe(104_857_600);
	// What waits for the other reader is its window.
	expect(most).toBeLessThanOrEqual(256 * 1024);
	const { id } = run(made, at.id, kernel, 'print("meanwhile")');
	await ear.finished(id);
	expect(ear.printed(id)).toBe('meanwhile\n');
	still.socket.destroy();
	const sent = await ask('/', Buffer.alloc(20_000_000));
	expect(await text(sent.incoming)).toBe('20000000');
});

test('connections end with the job, and then say so', async () => {
	const { socket, incoming } = await ask('/1');
	expect(String((await once(incoming, 'data'))[0])).toBe('begun');
	const closed = end(socket);
	incoming.on('error', () => {});
	await made.shutdown(at.id, kernel);
	await closed;
	await ear.until(() => ear.heard.some(({ type }) => type === 'died'));
	await expect(dial()).rejects.toMatchObject({ status: 410, problem: { code: 'job-over' } });
});

test('whoever sends more than was agreed is told off', async () => {
	const said: JsonObject[] = [];
	const streams = new Streams((fields) => said.push(fields));
	const stream = streams.open();
	const ended = end(stream);
	for (let sent = 0; sent <= 512 * 1024; sent += 64 * 1024)
		streams.hear({ stream: stream.number }, [Buffer.alloc(64 * 1024)]);
	expect(stream.readableLength).toBeLessThanOrEqual(256 * 1024);
	expect(said).toContainEqual({ stream: stream.number, reset: true });
	await ended;
	expect(streams.size).toBe(0);
});

test('what else the line carries waits for a bounded number of bytes', () => {
	let waiting = 0;
	const streams = new Streams((_fields, bytes) => (waiting += bytes?.byteLength ?? 0));
	for (let index = 0; index < 10; index++) streams.open().write(Buffer.alloc(10_000_000));
	expect(waiting).toBe(512 * 1024);
	streams.hear({ arrived: 100_000 }, []);
	expect(waiting).toBe(512 * 1024 + 100_000);
});

test('a connection of the login node is another one', async () => {
	const service = net.createServer((socket) => socket.end('on the login node'));
	await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
	const wire = await made.dial(at.id, (service.address() as net.AddressInfo).port);
	expect(await text(wire)).toBe('on the login node');
	service.close();
});
