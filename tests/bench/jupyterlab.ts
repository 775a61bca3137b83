/**
 * JupyterLab as a peer: the server on a free loopback port, with a token, without a browser, on settings nobody touched.
 * Every folder it knows is a temporary one, so that no settings of this account reach it. Its kernel is the very one ours
 * uses. Two things differ from a plain start: it does not ask the network for news, and it does not drop output above
 * 1 MB/s or 1000 messages/s, since a page that shows less would win by it; `limitRate: true` leaves that in.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testPython, TEST_ENVIRONMENT } from '../support/python.ts';
import { newId } from '#lib/model/ids.ts';
import { freePort } from '../support/server-process.ts';

const PYTHON = fileURLToPath(new URL('../../.cache/jupyterlab/bin/python', import.meta.url));
const KERNELSPEC = 'bench';
const START_MS = 60_000;

export interface JupyterLab {
	pid: number;
	/** The address of a notebook, alone in the page (`/doc/tree`): the least JupyterLab can load. */
	url(notebook: string): string;
	/** Write a notebook with these code cells. */
	notebook(name: string, sources: string[]): Promise<void>;
	/** Write a notebook as it is. */
	write(name: string, ipynb: string): Promise<void>;
	/** Stop the server, which stops its kernels, and remove its folders. */
	end(): Promise<void>;
}

/** Start one; rejects with what it printed when it ends before it answers. */
export async function startJupyterLab({ limitRate = false } = {}): Promise<JupyterLab> {
	if (!existsSync(PYTHON))
		throw new Error('JupyterLab’s environment is missing. Type: npm run bench -- output');
	const folder = await mkdtemp(join(tmpdir(), 'ansatz-bench-jupyterlab-'));
	const home = join(folder, 'home');
	const notebooks = join(folder, 'notebooks');
	await mkdir(home);
	await mkdir(notebooks);
	await writeKernelspec(join(folder, 'data', 'kernels', KERNELSPEC));
	const port = await freePort();
	const token = newId();
	const at = `http://127.0.0.1:${port}`;
	const child = spawn(
		PYTHON,
		[
			...['-m', 'jupyterlab', '--no-browser', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`],
			...['--ServerApp.port_retries=0', `--IdentityProvider.token=${token}`],
			...[`--ServerApp.root_dir=${notebooks}`, '--LabApp.news_url=None'],
			'--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate',
			`--ZMQChannelsWebsocketConnection.limit_rate=${limitRate ? 'True' : 'False'}`,
			// Root may run benchmarks too, in a container.
			...(process.getuid?.() === 0 ? ['--allow-root'] : [])
		],
		{
			stdio: ['ignore', 'pipe', 'pipe'],
			env: {
				PATH: process.env.PATH,
				HOME: home,
				TMPDIR: tmpdir(),
				JUPYTER_CONFIG_DIR: join(folder, 'config'),
				JUPYTER_DATA_DIR: join(folder, 'data'),
				JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
				JUPYTERLAB_SETTINGS_DIR: join(folder, 'settings'),
				JUPYTERLAB_WORKSPACES_DIR: join(folder, 'workspaces')
			} as NodeJS.ProcessEnv
		}
	);
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (data: Buffer) => (output = (output + data.toString()).slice(-20_000)));
	}
	const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	const end = async (): Promise<void> => {
		child.kill('SIGTERM');
		await exited;
		await rm(folder, { recursive: true, force: true });
	};
	try {
		await answers(`${at}/api/status?token=${token}`, () => child.exitCode !== null);
	} catch (error) {
		await end();
		throw new Error(`JupyterLab did not start:\n${output}`, { cause: error });
	}
	return {
		pid: child.pid!,
		url: (notebook) => `${at}/doc/tree/${notebook}?token=${token}`,
		notebook: (name, sources) =>
			writeFile(join(notebooks, name), notebookOf(sources, { name: KERNELSPEC, display_name: 'Python' })),
		write: (name, ipynb) => writeFile(join(notebooks, name), ipynb),
		end
	};
}

/** An `.ipynb` of code cells. */
export function notebookOf(sources: string[], kernelspec?: { name: string; display_name: string }): string {
	const cells = sources.map((source, i) => ({
		cell_type: 'code',
		id: `cell-${i}`,
		metadata: {},
		source,
		outputs: [],
		execution_count: null
	}));
	const metadata = kernelspec ? { kernelspec: { language: 'python', ...kernelspec } } : {};
	return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells });
}

/** The kernelspec of the tests' environment under another name, its interpreter by its full path. */
async function writeKernelspec(folder: string): Promise<void> {
	const file = join(TEST_ENVIRONMENT, 'share', 'jupyter', 'kernels', 'python3', 'kernel.json');
	const spec = JSON.parse(await readFile(file, 'utf8')) as { argv: string[] };
	await mkdir(folder, { recursive: true });
	const argv = [testPython(), ...spec.argv.slice(1)];
	await writeFile(join(folder, 'kernel.json'), JSON.stringify({ ...spec, argv }));
}

async function answers(url: string, ended: () => boolean): Promise<void> {
	const until = Date.now() + START_MS;
	for (;;) {
		if (ended()) throw new Error('It ended.');
		const response = await fetch(url).catch(() => null);
		if (response?.ok) return;
		if (Date.now() > until) throw new Error(`It did not answer within ${START_MS / 1000} s.`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}
