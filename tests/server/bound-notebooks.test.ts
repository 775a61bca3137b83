/** A notebook that is a file of a machine: a real server, a real sshd, and somebody else at the same file. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cellIds, cellsOf, readCells, sourceOf } from '#lib/model/notebook-doc.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { startProxy, type CuttableProxy } from '../support/cuttable-proxy.ts';
import { openPage, type PageLine } from '../support/person-line.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { until } from '../support/rooms.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { connectTab, type Tab } from '../support/tab.ts';

let server: ServerProcess;
let seed: Seed;
let sshd: Sshd;
let proxy: CuttableProxy;
let ada: SeededPerson;
let call: Call;
let workspace: string;
let notebook: string;
let tab: Tab;
let page: PageLine;

const code = (id: string, source: string, outputs: object[] = []) => ({
	...{ id, cell_type: 'code', metadata: {}, source, outputs, execution_count: outputs.length > 0 ? 1 : null }
});
const place = (): string => join(sshd.home, 'work.ipynb');
const file = (): { cells: { id: string; source: string[]; outputs: object[]; metadata: object }[] } =>
	JSON.parse(readFileSync(place(), 'utf8'));
const inFile = (): string[] => file().cells.map(({ source }) => source.join(''));
const inNotebook = (): string[] => readCells(tab.doc).map(({ source }) => source);
/** As an editor does: a new file in the place of the old one. */
function writeOutside(cells: object[]): void {
	const text = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
	writeFileSync(`${place()}.new`, text, { mode: 0o666 });
	renameSync(`${place()}.new`, place());
}
const change = (id: string, source: string) =>
	file().cells.map((cell) => (cell.id === id ? { ...cell, source } : cell));
/** Until both say it. */
const both = (cells: string[]): Promise<void> =>
	vi.waitFor(() => expect([inFile(), inNotebook()]).toEqual([cells, cells]), PATIENT);
const state = async () => (await call('GET', `/api/notebooks/${notebook}/file`)).body;
const stateIs = (wanted: object): Promise<void> =>
	vi.waitFor(async () => expect(await state()).toMatchObject(wanted), PATIENT);
const connect = () =>
	call('POST', `/api/workspaces/${workspace}/connect`, {
		signIn: { hop: 0, credential: { kind: 'key', privateKey: sshd.privateKey } }
	});
/** How often the page was told to look at the file again. */
const told = (): number =>
	page.news.filter((news) => news.type === 'file' && news.notebook === notebook).length;
const PATIENT = { timeout: 30_000, interval: 50 };
const SLOW = { timeout: 90_000 };

beforeAll(async () => {
	[server, sshd] = await Promise.all([startServer(), startSshd()]);
	proxy = await startProxy(sshd.port);
	seed = await openSeed(server);
	ada = await seed.person('ada');
	call = caller(server, ada.token);
	workspace = await seed.workspace(ada, { ...sshd, port: proxy.port }, []);
	expect((await connect()).body).toMatchObject({ state: 'connected' });
	writeOutside([code('a', 'one'), code('b', 'two'), code('c', 'three')]);
	const made = await call('POST', '/api/notebooks/bound', { workspace, path: '~/work.ipynb' });
	expect([made.status, made.body.warnings]).toEqual([201, []]);
	notebook = made.body.id;
	tab = await connectTab(server, ada, notebook);
	const cookie = `${ada.cookie.name}=${ada.cookie.value}`;
	page = await openPage(server.port, { cookie, origin: server.origin });
}, 90_000);
afterAll(async () => {
	tab?.close();
	await page?.close();
	await seed?.close();
	await server?.end();
	await proxy?.close();
	await sshd?.stop();
}, 60_000);

test('one file is one notebook, of those only who may use the machine', SLOW, async () => {
	const again = await call('POST', '/api/notebooks/bound', { workspace, path: '~/./work.ipynb' });
	expect([again.status, again.body.id]).toEqual([200, notebook]);
	expect(await state()).toEqual({
		...{ workspace, workspaceName: 'Group node', state: 'saved', problem: null, merged: null },
		path: expect.stringMatching(/\/work\.ipynb$/)
	});
	// Nothing was done in it: not a byte is another one.
	const bytes = readFileSync(place(), 'utf8');
	expect((await call('POST', `/api/notebooks/${notebook}/file`, { action: 'save' })).body).toMatchObject({
		state: 'saved'
	});
	expect(readFileSync(place(), 'utf8')).toBe(bytes);
	const other = caller(server, (await seed.person('grace')).token);
	expectProblem(
		await other('POST', '/api/notebooks/bound', { workspace, path: '~/work.ipynb' }),
		404,
		'workspace-unknown'
	);
	expectProblem(await other('GET', `/api/notebooks/${notebook}/file`), 404, 'notebook-unknown');
	expectProblem(
		await other('POST', `/api/notebooks/${notebook}/file`, { action: 'save' }),
		404,
		'notebook-unknown'
	);
	const bare = await seed.notebook(ada);
	expect((await call('GET', `/api/notebooks/${bare}/file`)).body).toBeNull();
	expectProblem(await call('POST', `/api/notebooks/${bare}/file`, { action: 'save' }), 409, 'file-unbound');
	expectProblem(
		await call('POST', '/api/notebooks/bound', { workspace, path: '~/nosuch.ipynb' }),
		404,
		'file-missing'
	);
	expectProblem(await call('POST', '/api/notebooks/bound', { workspace, path: '~' }), 400, 'not-a-notebook');
});

test('what is typed is written, and what is done outside comes in, whoever is typing', SLOW, async () => {
	tab.type(0, ' here');
	await vi.waitFor(() => expect(inFile()).toEqual(['one here', 'two', 'three']), PATIENT);
	// Not written yet when the file changes: both are in both.
	tab.type(2, ' here');
	const shown = { output_type: 'stream', name: 'stdout', text: ['ran outside\n'] };
	writeOutside([...change('b', 'two there'), code('d', 'four', [shown])]);
	await both(['one here', 'two there', 'three here', 'four']);
	expect(file().cells[3]!.outputs).toEqual([shown]);
	await stateIs({
		state: 'saved',
		merged: { summary: expect.stringMatching(/^1 cell added, 1 changed/), conflicts: 0 }
	});
	expect((await state()).merged.after).toContain('two there');
	const { notice } = await page.heard('notice');
	expect(notice).toMatchObject({ title: 'work.ipynb was changed outside.', href: `/notebooks/${notebook}` });
	expect(told()).toBeGreaterThan(0);
});

test('the same line changed on both sides: both stay', SLOW, async () => {
	const source = sourceOf(cellsOf(tab.doc).get('a'))!;
	const theirs = change('a', 'one of theirs');
	source.insert(source.length, ' and more');
	writeOutside(theirs);
	await both(['one here and more', 'one of theirs', 'two there', 'three here', 'four']);
	expect(file().cells[1]!.metadata).toEqual({ ansatz: { conflict: { cell: 'a' } } });
	await stateIs({ state: 'saved', merged: { conflicts: 1 } });
	cellsOf(tab.doc).delete(cellIds(tab.doc)[1]!);
	await both(['one here and more', 'two there', 'three here', 'four']);
});

test('without a line it waits; with one it is written', SLOW, async () => {
	proxy.cut();
	tab.type(1, ' cut');
	await both(['one here and more', 'two there cut', 'three here', 'four']);
	await call('POST', `/api/workspaces/${workspace}/disconnect`);
	const before = told();
	tab.type(1, ' away');
	await stateIs({ state: 'pending', problem: { code: 'workspace-disconnected' } });
	await vi.waitFor(() => expect(told()).toBeGreaterThan(before), PATIENT);
	writeOutside(change('d', 'four there'));
	await connect();
	await both(['one here and more', 'two there cut away', 'three here', 'four there']);
	await stateIs({ state: 'saved', problem: null });
});

test(
	'a broken file is left alone, a deleted one is made again only when that is asked for',
	SLOW,
	async () => {
		const cells = file().cells;
		writeFileSync(place(), '{ "half a file');
		tab.type(3, ' !');
		await stateIs({ state: 'pending', problem: { code: 'notebook-invalid' } });
		expect(readFileSync(place(), 'utf8')).toBe('{ "half a file');
		writeOutside(cells);
		await both(['one here and more', 'two there cut away', 'three here', 'four there !']);
		rmSync(place());
		await stateIs({ state: 'missing', problem: { code: 'file-missing' } });
		tab.type(3, '!');
		expect((await call('POST', `/api/notebooks/${notebook}/file`, { action: 'save' })).body).toMatchObject({
			state: 'missing'
		});
		expect(() => file()).toThrow();
		await until(tab.doc, () => inNotebook()[3] === 'four there !!');
		expect(
			(await call('POST', `/api/notebooks/${notebook}/file`, { action: 'recreate' })).body
		).toMatchObject({ state: 'saved' });
		await both(['one here and more', 'two there cut away', 'three here', 'four there !!']);
		expect((await call('POST', `/api/notebooks/${notebook}/file`, { action: 'unbind' })).body).toBeNull();
	}
);
