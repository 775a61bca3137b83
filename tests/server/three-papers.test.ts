/**
 * Three cards from real input: a notebook of the site, a repository over https at a pinned commit with a data file, and a record of
 * arXiv joined with one of INSPIRE (stored answers, see tests/model/paper/answers/README.md). Each is read without an account, run on
 * a machine of the reader's, copied, and published again; what v1 was it stays, byte for byte.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mergeDrafts } from '#lib/model/paper/paper.ts';
import { readArxivFeed } from '#lib/model/paper/read-arxiv.ts';
import { readInspireRecord } from '#lib/model/paper/read-inspire.ts';
import { caller, type Call } from '../support/api.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { createAuthority, type Authority } from '../support/https-server.ts';
import { notebookWithPlots, PAPER } from '../support/paper.ts';
import { commit, createExample, readingLoopback } from '../support/paper-repository.ts';
import { exampleNotebook, until } from '../support/paper-run.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';

const ENTRY = 'examples/peak/peak.ipynb';
const SPECTRUM = `def read(path): return [float(line) for line in open(path).read().split()[1:]]
def plot(masses): print(len(masses), max(masses))
`;

let authority: Authority;
let forge: GitServer;
let server: ServerProcess;
let seed: Seed;
let sshd: Sshd;
let ada: SeededPerson;
let asAda: Call;
let asBob: Call;
let asNobody: Call;
let workspace: string;

beforeAll(async () => {
	authority = createAuthority(['localhost']);
	forge = await startGitServer(authority);
	server = await startServer({ env: readingLoopback(authority.caFile) });
	seed = await openSeed(server);
	sshd = await startSshd({ readable: pythonFolders() });
	ada = await seed.person('ada', { displayName: 'Ada Lovelace' });
	const bob = await seed.person('bob');
	[asAda, asBob, asNobody] = [caller(server, ada.token), caller(server, bob.token), caller(server, null)];
	workspace = await seed.workspace(bob, sshd, [TEST_ENVIRONMENT]);
	const credential = { kind: 'password', password: sshd.password };
	const signedIn = await asBob('POST', `/api/workspaces/${workspace}/connect`, {
		signIn: { hop: 0, credential }
	});
	expect(signedIn.body).toMatchObject({ state: 'connected' });
}, 120_000);
afterAll(async () => {
	await sshd?.stop();
	await seed?.close();
	await server?.end();
	await forge?.close();
	authority?.remove();
});

const answer = (name: string): string =>
	readFileSync(new URL(`../model/paper/answers/${name}`, import.meta.url), 'utf8');

/** How a card comes to be, and its next version; which cell of it to run, and what that says. */
interface Way {
	first(): Promise<{ slug: string; title: string }>;
	again(slug: string): Promise<unknown>;
	cell: string;
	says: string;
}

/** From a notebook of Ada's, which gets another cell before it is published again. */
function fromNotebook(paper: { title: string }, text: string, cell: string, says: string): Way {
	let notebook = '';
	const publish = async (words: object): Promise<{ slug: string; number: number }> => {
		const { status, body } = await asAda('POST', `/api/notebooks/${notebook}/paper`, words);
		expect([status, body.code]).toEqual([201, undefined]);
		return body;
	};
	return {
		async first() {
			notebook = await seed.notebook(ada, text);
			return { slug: (await publish({ paper })).slug, title: paper.title };
		},
		again: async () =>
			expect((await publish({ paper: { ...paper, title: `${paper.title} (revised)` } })).number).toBe(2),
		...{ cell, says }
	};
}

function fromRepository(): Way {
	const url = `https://localhost:${forge.port}/peakfit.git`;
	const title = 'Observation of a peak in two-photon events';
	const publish = async (revision: string, card?: string): Promise<{ slug: string; number: number }> => {
		const { status, body } = await asAda('POST', '/api/papers', {
			...(card ? { card } : {}),
			paper: { ...PAPER, title },
			repository: { url, commit: revision, entry: ENTRY, files: ['data/masses.csv', 'spectrum.py'] }
		});
		expect([status, body.code]).toEqual([201, undefined]);
		return body;
	};
	return {
		async first() {
			const pinned = await createExample(forge, 'peakfit', { 'examples/peak/spectrum.py': SPECTRUM });
			await commit(forge, 'peakfit', { 'examples/peak/data/masses.csv': 'mass\n1.0\n' });
			return { slug: (await publish(pinned)).slug, title };
		},
		async again(slug) {
			const later = await commit(forge, 'peakfit', { 'examples/peak/data/masses.csv': 'mass\n2.0\n3.0\n' });
			expect((await publish(later, slug)).number).toBe(2);
		},
		cell: 'cell-2',
		says: '3 126.1\n'
	};
}

/** As the lookup joins what two services say. */
function fromRecord(): Way {
	const draft = mergeDrafts(
		readInspireRecord(JSON.parse(answer('inspire-1510263.json')))!,
		readArxivFeed(answer('arxiv-1707.08567.xml'))!
	);
	const paper = { type: 'article', authors: [], ...draft, title: draft.title! };
	return fromNotebook(paper, exampleNotebook({ sum: 'print(6 * 7)' }), 'sum', '42\n');
}

const withPlot = notebookWithPlots([
	{ cell_type: 'code', id: 'sum', metadata: {}, execution_count: 1, source: 'print(125 + 0)', outputs: [] }
]);
const ways: Record<string, () => Way> = {
	'a notebook of the site': () =>
		fromNotebook({ ...PAPER, title: 'A peak at 125 GeV' }, withPlot, 'sum', '125\n'),
	'a repository at a pinned commit, with data': fromRepository,
	'a record of arXiv and INSPIRE': fromRecord
};

describe.each(Object.entries(ways))('%s', (_, make) => {
	test('is read, run, copied and published again; v1 stays', async () => {
		const way = make();
		const { slug, title } = await way.first();
		const file = (): ReturnType<Call> => asNobody('GET', `/papers/${slug}/v/1/notebook.ipynb`);

		const page = await asNobody('GET', `/papers/${slug}`);
		expect([page.status, (page.body as string).includes(`<meta name="citation_title"`)]).toEqual([200, true]);
		expect((await asNobody('GET', `/api/papers/${slug}`)).body.paper.title).toBe(title);
		const before = await file();
		const data = await asNobody('GET', `/papers/${slug}/v/1/example.zip`);
		expect([before.status, data.status]).toEqual([200, 200]);

		let run = (await asBob('POST', `/api/papers/${slug}/versions/1/runs`, { workspace })).body;
		await until('the example is ready', 90, async () => {
			run = (await asBob('GET', `/api/papers/runs/${run.id}`)).body;
			return run.state === 'ready' || run.state === 'failed';
		});
		expect(run.problem).toBeNull();
		const at = `/api/notebooks/${run.notebook}/runs`;
		const { body } = await asBob('POST', at, { cells: [way.cell] });
		const ended = (await asBob('GET', `${at}/${body.runs[0].id}?wait=60`)).body;
		expect(ended.outputs).toMatchObject([{ type: 'stream', text: way.says }]);

		const copy = await asBob('POST', `/api/papers/${slug}/versions/1/copies`);
		const fork = await asBob('GET', `/api/notebooks/${copy.body.id}`);
		expect(fork.body.origin).toMatchObject({ slug, number: 1 });

		await way.again(slug);
		expect((await asNobody('GET', `/papers/${slug}/v/2`)).status).toBe(200);
		expect((await asNobody('GET', `/api/papers/${slug}`)).body.latest).toBe(2);
		expect((await file()).bytes.equals(before.bytes)).toBe(true);
		const old = await asNobody('GET', `/papers/${slug}/v/1`);
		expect(old.body).toContain(`/papers/${slug}/v/2`);
	}, 150_000);
});
