/** Notebooks sent to a real HTCondor pool over the HTTP interface, and what comes back of them. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { plainResources } from '#lib/model/job.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { withoutClusters } from '../support/cluster.ts';
import { startHTCondor, type HTCondor } from '../support/htcondor.ts';
import { openPage, type PageLine } from '../support/person-line.ts';
import type { SeededPerson } from '../support/people.ts';
import { openDesk, PATIENT, type Desk } from './notebook.ts';

const LONG = { timeout: 240_000 };
const missing = withoutClusters();
if (missing !== null) console.warn(`Notebooks as batch jobs are left out. ${missing}`);

const NOTEBOOK = JSON.stringify({
	...{ nbformat: 4, nbformat_minor: 5, metadata: { title: 'Dijet mass' } },
	cells: [
		['a', 'alpha = 1.0\nmode = "cold"', { tags: ['parameters'] }],
		['b', 'print(mode, alpha * 2)', {}],
		['c', 'import time\nwhile mode == "wait": time.sleep(0.2)', {}]
	].map(([id, source, metadata]) => ({
		...{ id, source, metadata, cell_type: 'code', execution_count: 7 },
		outputs: [{ output_type: 'stream', name: 'stdout', text: 'of an older run\n' }]
	}))
});

describe.skipIf(missing !== null)('a notebook as batch jobs', () => {
	let pool: HTCondor;
	let desk: Desk;
	let bob: SeededPerson;
	let id: string;
	const call: Call = (...request) => desk.call(...request);
	const as = (person: SeededPerson): Call => caller(desk.server, person.token);
	const resources = { ...plainResources('htcondor'), memory: 300 };
	const send = (more: object = {}, by: Call = call) =>
		by('POST', `/api/notebooks/${id}/sweeps`, { workspace: desk.workspace, resources, ...more });
	const view = async (sweep: string) => (await call('GET', `/api/notebooks/${id}/sweeps/${sweep}`)).body;
	const versions = async () => (await call('GET', `/api/notebooks/${id}/versions`)).body.versions;
	const states = async (sweep: string): Promise<string[]> =>
		((await view(sweep)).status?.points ?? []).map(({ state }: { state: string }) => state);
	const sources = (notebook: { cells: { source: string | string[] }[] }) =>
		notebook.cells.map(({ source }) => [source].flat().join(''));
	const printed = (notebook: { cells: { outputs: { text: string[] }[] }[] }) =>
		notebook.cells.flatMap(({ outputs }) => outputs.flatMap(({ text }) => text)).join('');
	const queue = async () => (await pool.run('condor_q -af ClusterId')).stdout.trim();

	beforeAll(async () => {
		pool = await startHTCondor();
		desk = await openDesk(pool, 'htcondor');
		bob = await desk.seed.person('bob', { displayName: 'Bob' });
		id = await desk.seed.notebook(desk.person, NOTEBOOK);
		await desk.seed.member(id, bob, 'viewer');
	}, 120_000);
	afterAll(async () => {
		await desk?.end();
		await pool?.stop();
	}, 60_000);

	test('a grid is one job for each point; its results are read by who reads the notebook', LONG, async () => {
		const sent = await send({ parameters: { alpha: [0.5, 2], mode: ['warm', 'it’s "hot"'] } });
		expect([sent.status, sent.body]).toEqual([
			201,
			{
				...{ id: expect.any(String), title: 'Dijet mass', points: 4, workspace: desk.workspace },
				...{ workspaceName: 'Group node', by: 'ada', own: true, over: false, version: null },
				folder: expect.stringMatching(/^\/.*\/ansatz-runs\/dijet-mass-\d{4}-\d\d-\d\d-\w{6}$/),
				createdAt: expect.any(String)
			}
		]);
		const sweep = sent.body.id;
		await vi.waitFor(
			async () => expect(await states(sweep)).toEqual(['done', 'done', 'done', 'done']),
			PATIENT
		);
		const { status, problem } = await view(sweep);
		expect(problem).toBeNull();
		const point = status.points[3];
		expect(point.parameters).toEqual({ alpha: 2, mode: 'it’s "hot"' });
		const path = `/api/notebooks/${id}/sweeps/${sweep}/results/${point.name}`;
		const result = await as(bob)('GET', path);
		expect(result.status).toBe(200);
		const notebook = JSON.parse(result.bytes.toString());
		expect(sources(notebook).slice(0, 2)).toEqual([
			'alpha = 1.0\nmode = "cold"',
			'# Parameters\nalpha = 2.0\nmode = "it’s \\"hot\\""'
		]);
		expect(printed(notebook)).toBe('it’s "hot" 4.0\n');
		expect((await as(bob)('GET', `${path}/preview`)).body).toEqual({
			preview: { kind: 'text', text: 'it’s "hot" 4.0' }
		});
		expectProblem(await call('GET', path.replace(point.name, 'nothing')), 404, 'file-missing');
		expectProblem(await call('GET', path.replace(point.name, '..%2F..%2F.ssh%2Fx')), 404, 'point-unknown');
		// Nothing comes back into the notebook of a grid.
		await vi.waitFor(async () => expect((await view(sweep)).over).toBe(true), PATIENT);
		expect(await versions()).toEqual([]);
	});

	test('a single run becomes a version, although the server was away when it ended', LONG, async () => {
		const { body: sweep } = await send({ parameters: { alpha: [3] } });
		await vi.waitFor(async () => expect((await states(sweep.id))[0]).not.toBe('waiting'), PATIENT);
		await desk.killServer();
		await vi.waitFor(async () => expect(await queue()).toBe(''), PATIENT);
		const answer = await view(sweep.id);
		expect([answer.status, answer.problem.code, answer.over]).toEqual([
			null,
			'workspace-disconnected',
			false
		]);
		let page: PageLine | undefined;
		try {
			const cookie = `${bob.cookie.name}=${bob.cookie.value}`;
			page = await openPage(desk.server.port, { cookie, origin: desk.server.origin });
			await desk.connect();
			// Nobody looks at the page of the run: it comes by itself, and people in the notebook hear of it.
			const { notice } = await page.heard('notice');
			expect(notice).toEqual({
				...{ id: `sweep-${sweep.id}`, title: '“Dijet mass” has run on Group node.' },
				href: `/notebooks/${id}/versions/1`
			});
		} finally {
			await page?.close();
		}
		expect(await versions()).toEqual([
			{
				...{ number: 1, label: '', by: 'ada', cells: 4, createdAt: expect.any(String) },
				origin: {
					...{
						kind: 'run',
						sweep: sweep.id,
						point: 'run',
						parameters: { alpha: 3 },
						workspace: 'Group node'
					},
					...{ seconds: expect.any(Number), failure: null }
				}
			}
		]);
		const version = await as(bob)('GET', `/api/notebooks/${id}/versions/1`);
		expect(printed(JSON.parse(version.bytes.toString()))).toBe('cold 6.0\n');
		// Looked at again it does not come a second time.
		expect(await view(sweep.id)).toMatchObject({ over: true, version: 1 });
		expect(await versions()).toHaveLength(1);
	});

	test('what is not over can be stopped; what has failed says how', LONG, async () => {
		const waiting = (await send({ parameters: { mode: ['wait', 'go'] } })).body.id;
		await vi.waitFor(async () => expect(await states(waiting)).toEqual(['running', 'done']), PATIENT);
		const [job] = (await desk.jobs()).filter(({ state }) => state === 'running');
		expect(job).toMatchObject({ kernel: null, notebook: { id, title: 'Dijet mass' }, sweep: waiting });
		expectProblem(await as(bob)('DELETE', `/api/notebooks/${id}/sweeps/${waiting}`), 403, 'role');
		expect((await call('DELETE', `/api/notebooks/${id}/sweeps/${waiting}`)).status).toBe(204);
		await vi.waitFor(async () => expect(await states(waiting)).toEqual(['ended', 'done']), PATIENT);
		await vi.waitFor(async () => expect(await queue()).toBe(''), PATIENT);

		const failing = (await send({ parameters: { alpha: ['text', null].slice(1) } })).body.id;
		await vi.waitFor(async () => expect(await states(failing)).toEqual(['failed']), PATIENT);
		await vi.waitFor(async () => expect(await versions()).toHaveLength(2), PATIENT);
		expect((await versions())[0].origin.failure).toContain('TypeError');
	});

	test('a notebook that is a file has its runs beside it', LONG, async () => {
		const file = NOTEBOOK.replaceAll("'", "'\\''");
		await pool.run(`mkdir -p ~/work && printf '%s' '${file}' > ~/work/mass.ipynb`);
		const bound = await call('POST', '/api/notebooks/bound', {
			...{ workspace: desk.workspace, path: '~/work/mass.ipynb' }
		});
		expect(bound.status).toBe(201);
		const sent = await call('POST', `/api/notebooks/${bound.body.id}/sweeps`, {
			...{ workspace: desk.workspace, resources }
		});
		expect(sent.body.folder).toMatch(/\/work\/ansatz-runs\/mass-[\d-]{10}-\w{6}$/);
		const path = `/api/notebooks/${bound.body.id}/sweeps/${sent.body.id}`;
		await vi.waitFor(async () => expect((await call('GET', path)).body.version).toBe(1), PATIENT);
	});

	test('what cannot be is refused, and nothing is sent', LONG, async () => {
		const before = (await call('GET', `/api/notebooks/${id}/sweeps`)).body.sweeps.length;
		expectProblem(await send({}, as(bob)), 403, 'role');
		const eve = await desk.seed.person('eve');
		expectProblem(await send({}, as(eve)), 404, 'notebook-unknown');
		await desk.seed.member(id, eve, 'runner');
		expectProblem(await send({}, as(eve)), 404, 'workspace-unknown');
		expectProblem(await send({ resources: { ...resources, cpus: 0 } }), 400, 'invalid');
		expectProblem(await send({ parameters: { alpha: 1 } }), 400, 'invalid');
		const many = Array.from({ length: 30 }, (_, n) => n);
		expectProblem(await send({ parameters: { alpha: many, mode: many } }), 400, 'sweep-too-large');
		expectProblem(await send({ parameters: { 'x; y': [1] } }), 400, 'parameter-invalid');
		expectProblem(await send({ kernelspec: 'nothing' }), 409, 'kernelspec-unknown');
		expectProblem(await call('GET', `/api/notebooks/${id}/sweeps/nothing`), 404, 'sweep-unknown');
		await call('POST', `/api/workspaces/${desk.workspace}/disconnect`);
		expectProblem(await send(), 409, 'workspace-disconnected');
		expect((await call('GET', `/api/notebooks/${id}/sweeps`)).body.sweeps).toHaveLength(before);
		expect(await queue()).toBe('');
	});
});
