/**
 * job: a kernel in a job of a real HTCondor pool, at the gateway. From the start of the job to the first output, beside bare
 * `condor_ssh_to_job ID python3 -c` by an SSH connection that is open: from the start of its job too (again and again at once, since
 * nobody is let into a job that has just started), and into a job that runs. `1+1` in the job, beside `1+1` on the login node, in
 * turn. And ten kernels in ten jobs at once: how often the schedulers were asked meanwhile, and how many attaches
 * there are. `npm run bench -- job [STARTS]`, 10 without it.
 */
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { createGateway } from '#gateway/gateway.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { plainResources } from '#lib/model/job.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';
import { startHTCondor } from '../support/htcondor.ts';
import { trusting } from '../support/sshd.ts';
import { figures, report, round, say } from './figures.ts';

const STARTS = Number(process.argv[2] ?? 10);
const ROUNDS = 100;
const TOGETHER = 10;

/** Prints when the first program of the job began (proc(5): field 22 of `stat`, in ticks since the start of the machine). */
const BEGUN = `
import os
def stat(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()
pid, begun = os.getpid(), None
while pid > 1:
    fields = stat(pid)
    with open("/proc/%d/comm" % pid) as file:
        if file.read().startswith("condor_"):
            break
    begun, pid = int(fields[19]), int(fields[1])
with open("/proc/stat") as file:
    boot = [int(line.split()[1]) for line in file if line.startswith("btime")][0]
with open("/proc/uptime") as file:
    up = float(file.read().split()[0])
import time
print("BEGUN", time.time() - up + begun / os.sysconf("SC_CLK_TCK"))
`;

const pool = await startHTCondor({ slots: 2, cpus: 8, memory: 8000 });
const gateway = createGateway({ agentFolder: fileURLToPath(new URL('../../agent', import.meta.url)) });
const resources = { ...plainResources('htcondor'), memory: 400 };
const address = {
	...{ kind: 'ssh' as const, id: 'bench', name: 'bench', host: pool.host, port: pool.port, user: pool.user },
	...{ environments: [], jumps: [], trust: [trusting(pool)], way: 'ssh' as const, privileged: false }
};

try {
	const signIn = { hop: 0, credential: { kind: 'key' as const, privateKey: pool.privateKey } };
	const connected = await gateway.connect(address, { signIn });
	if (connected.state !== 'connected') throw new Error(`The account said ${JSON.stringify(connected)}.`);
	const { specs } = await gateway.kernelspecs(address);
	const spec = specs.find(({ name }) => name === 'python3')!;

	const started: number[] = [];
	const bare: number[] = [];
	const running: number[] = [];
	const client = await openSsh();
	const sleeper = await submitSleep();
	for (let i = 0; i <= STARTS; i++) {
		const ours = await firstOutput(spec, `start-${i}`);
		const [peer, later] = [await bareFirstOutput(client), await attachOnce(client, sleeper)];
		// the first of each warms up
		if (i === 0) continue;
		started.push(ours);
		bare.push(peer);
		running.push(later);
	}
	client.end();
	await pool.run(`condor_rm ${sleeper}`);

	const inJob = await open(spec, 'in-job', true);
	const atLogin = await open(spec, 'at-login', false);
	const job: number[] = [];
	const login: number[] = [];
	for (let i = 0; i < 20 + ROUNDS; i++) {
		const [one, other] = [await inJob.ask('1+1'), await atLogin.ask('1+1')];
		if (i < 20) continue;
		job.push(one);
		login.push(other);
	}
	await Promise.all([inJob.end(), atLogin.end()]);

	const before = (await gateway.jobs('bench')).queries;
	const begin = performance.now();
	const many = await Promise.all(
		Array.from({ length: TOGETHER }, (_, i) => open(spec, `together-${i}`, true))
	);
	await Promise.all(many.map((kernel) => kernel.ask('1+1')));
	const seconds = (performance.now() - begin) / 1000;
	// Each of these programs has a child of the same name.
	const attaches = Number(
		(await pool.asRoot('pgrep -c -P "$(pgrep -f "[.]pyz daemon")" condor_ssh_to || true')).stdout
	);
	const queries = (await gateway.jobs('bench')).queries - before;
	await Promise.all(many.map((kernel) => kernel.end()));

	const [ours, ssh, into, inside, outside] = [started, bare, running, job, login].map(figures);
	say('start of the job → first output of a cell', ours!, STARTS);
	say('start of the job → output of condor_ssh_to_job', ssh!, STARTS);
	say('condor_ssh_to_job ID python3 -c, into one that runs', into!, STARTS);
	say('1+1 in the job, at the gateway', inside!, ROUNDS);
	say('1+1 on the login node, at the gateway', outside!, ROUNDS);
	console.log(
		`${TOGETHER} kernels in ${TOGETHER} jobs: ${seconds.toFixed(1)} s, ${attaches} attaches, ${queries} questions to the scheduler`
	);
	report({
		bench: 'job',
		n: STARTS,
		ours: ours!,
		peers: { condor_ssh_to_job: ssh!, 'into a job that runs': into! },
		roundtrip: {
			...{ job: inside, 'login-node': outside },
			ratio: round(inside!.p50 / outside!.p50)
		},
		together: { kernels: TOGETHER, seconds: round(seconds), attaches, queries }
	});
} catch (error) {
	console.error(error);
	process.exitCode = 1;
} finally {
	await gateway.close();
	await pool.stop();
}

/** A kernel that is asked one thing after the other, in a job or on the login node. */
async function open(spec: KernelSpec, kernel: string, job: boolean) {
	let heard: (event: KernelEvent) => void = () => {};
	await gateway.start('bench', kernel, spec, job ? { resources } : {});
	const gone = new Promise<void>((resolve) => {
		const subscription = gateway.subscribe('bench', kernel, 0, {
			events(events) {
				for (const event of events) {
					if (event.type === 'died') resolve();
					heard(event);
				}
				subscription.acknowledge(events.at(-1)!.seq, events.at(-1)!.seq + 1);
			},
			link: () => {}
		});
	});
	let n = 0;
	/** Milliseconds from the request to reply and idle; `seen` hears what is printed. */
	const ask = (code: string, seen: (text: string) => void = () => {}): Promise<number> =>
		new Promise((resolve, reject) => {
			const begin = performance.now();
			const msgId = `${kernel}-${++n}`;
			let left = 2;
			heard = ({ type, parent, content }) => {
				if (type === 'died') return reject(new Error(`The kernel died: ${JSON.stringify(content)}`));
				if (parent !== msgId) return;
				if (type === 'stream') seen(String(content.text));
				const over = type === 'execute_reply' || (type === 'status' && content.execution_state === 'idle');
				if (over && --left === 0) resolve(performance.now() - begin);
			};
			const content = { code, silent: false, store_history: false, allow_stdin: false };
			gateway
				.send('bench', kernel, { channel: 'shell', msgId, msgType: 'execute_request', content })
				.catch(reject);
		});
	return {
		ask,
		async end() {
			await gateway.shutdown('bench', kernel);
			await gone;
			await gateway.forget('bench', kernel);
		}
	};
}

/** Milliseconds from the start of a job to the output of the cell that waited for it. */
async function firstOutput(spec: KernelSpec, name: string): Promise<number> {
	const kernel = await open(spec, name, true);
	let at = 0;
	let begun = 0;
	await kernel.ask(BEGUN, (text) => {
		at = Date.now();
		begun = 1000 * Number(/BEGUN ([\d.]+)/.exec(text)![1]);
	});
	await kernel.end();
	return at - begun;
}

async function submitSleep(): Promise<string> {
	const file = 'executable = /bin/sleep\narguments = 3600\nrequest_memory = 100\nqueue\n';
	await pool.run('cat > sleep.sub', file);
	const { stdout } = await pool.run('condor_submit -terse sleep.sub');
	const id = stdout.trim().split(' ')[0]!;
	await pool.run(`while ! condor_q -af JobStatus ${id} | grep -q 2; do sleep 0.2; done`);
	return id;
}

/** The same by hand: a job that writes down when it began, and the scheduler's command, again and again until it is let in. */
async function bareFirstOutput(client: ssh2.Client): Promise<number> {
	const file = [
		...['executable = /bin/sh', `arguments = "-c 'date +%s.%N >begun; exec sleep 3600'"`],
		...['transfer_executable = false', 'request_memory = 100', 'should_transfer_files = YES'],
		...['transfer_output_files = ""', 'queue', '']
	].join('\n');
	await pool.run('cat > bare.sub', file);
	const submitted = await pool.run('condor_submit -terse bare.sub');
	const id = submitted.stdout.trim().split(' ')[0]!;
	const code = 'import time; print(\\"WAITED\\", time.time() - float(open(\\"begun\\").read()))';
	const attach = `condor_ssh_to_job ${id} python3 -c "'${code}'"`;
	const said = await output(client, `for i in $(seq 500); do ${attach} && break; done`);
	await pool.run(`condor_rm ${id}`);
	const waited = /WAITED ([\d.]+)/.exec(said);
	if (!waited) throw new Error(`condor_ssh_to_job said ${said}`);
	return 1000 * Number(waited[1]);
}

/** What a command prints, complaints included. */
function output(client: ssh2.Client, command: string): Promise<string> {
	return new Promise((resolve, reject) => {
		client.exec(command, (error, channel) => {
			if (error) return reject(error);
			let said = '';
			for (const stream of [channel, channel.stderr])
				stream.on('data', (text: Buffer) => (said += text.toString()));
			channel.on('close', () => resolve(said));
		});
	});
}

async function openSsh(): Promise<ssh2.Client> {
	const client = new ssh2.Client();
	await new Promise<void>((resolve, reject) => {
		client.on('ready', resolve).on('error', reject);
		const { host, port, user: username, privateKey } = pool;
		client.connect({ host, port, username, privateKey });
	});
	client.setNoDelay(true);
	return client;
}

/** Milliseconds until a Python in the job has printed something. */
function attachOnce(client: ssh2.Client, job: string): Promise<number> {
	return new Promise((resolve, reject) => {
		const begin = performance.now();
		client.exec(`condor_ssh_to_job ${job} python3 -c '"print(1)"'`, (error, channel) => {
			if (error) return reject(error);
			let seen = NaN;
			channel.on('data', (text: Buffer) => {
				if (Number.isNaN(seen) && text.includes('1')) seen = performance.now() - begin;
			});
			channel.stderr.resume();
			channel.on('close', () =>
				Number.isNaN(seen) ? reject(new Error('Nothing was printed.')) : resolve(seen)
			);
		});
	});
}
