/**
 * roundtrip: `1+1` from Shift+Enter to the painted result on a kernel reached over SSH on loopback, beside the same
 * request sent straight to the same kernel. Also at the gateway, from the request to reply and idle at its listener, and at
 * the room, from the command to the finished run in another process's document. `overhead` is what gateway and agent add.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSeed, type SeededPerson } from '../support/people.ts';
import { pythonFolders, TEST_ENVIRONMENT, testPython } from '../support/python.ts';
import { connectTab } from '../support/tab.ts';
import { startServer } from '../support/server-process.ts';
import { startSshd } from '../support/sshd.ts';
import { openGatewayTimes } from './gateway-times.ts';
import { installClock, launch, type Clock } from './browser.ts';
import { figures, report, round, say, type Figures } from './figures.ts';

const RUNS = 100;

const server = await startServer();
const seed = await openSeed(server);
const sshd = await startSshd({ readable: pythonFolders() });
const ada = await seed.person('ada');
const workspace = await seed.workspace(ada, sshd, [TEST_ENVIRONMENT]);
const notebook = await seed.notebook(ada);
await signIn(ada, workspace);

const browser = await launch();
let room: number[];
const bare: number[] = [];
const atGateway: number[] = [];
const painted: number[] = [];
try {
	const tab = await connectTab(server, ada, notebook);
	tab.type(0, '1+1');
	await tab.run(0);
	room = [];
	for (let i = 0; i < RUNS; i++) room.push(await tab.run(0));

	// In turn, on one kernel, so that both see the same machine.
	const gateway = await openGatewayTimes(sshd, 'bench-kernel');
	await gateway.measure(20);
	const connection = connectionFile('bench-kernel');
	for (let round = 0; round < 4; round++) {
		atGateway.push(...(await gateway.measure(RUNS / 4)));
		bare.push(...bareKernel(connection, RUNS / 4));
	}
	await gateway.close();

	const context = await browser.newContext();
	await context.addCookies([{ ...ada.cookie, url: server.origin }]);
	const page = await context.newPage();
	await page.goto(`${server.origin}/notebooks/${notebook}`);
	await page.locator('.cm-content').first().click();
	await installClock(page);
	const output = page.getByTestId('output');
	for (let i = 0; i < RUNS; i++) {
		// The output of the run before is taken away, so that what is seen is this one's.
		tab.clear(0);
		await output.waitFor({ state: 'detached' });
		const seen = page.evaluate(() =>
			(window as unknown as Clock).__painted(
				() => document.querySelector('[data-testid=output]')?.textContent?.trim() === '2'
			)
		);
		await page.keyboard.press('Control+Enter');
		painted.push((await seen) - (await page.evaluate(() => (window as unknown as Clock).__pressed)));
		await page.locator('[data-testid=cell][data-state=done]').waitFor();
	}
	tab.close();
} finally {
	await browser.close();
	await seed.close();
	await server.end();
	await sshd.stop();
}

const [ours, kernel, gateway, atRoom] = [painted, bare, atGateway, room].map(figures) as [
	Figures,
	Figures,
	Figures,
	Figures
];
say('Ctrl+Enter → painted, over SSH', ours, painted.length);
say('command → finished run in another process’s document', atRoom, room.length);
say('request → reply and idle at the gateway, over SSH', gateway, atGateway.length);
say('bare kernel through jupyter_client', kernel, bare.length);
report({
	bench: 'roundtrip',
	n: painted.length,
	ours,
	peers: { kernel },
	gateway,
	overhead: { p50: round(gateway.p50 - kernel.p50), p95: round(gateway.p95 - kernel.p95) },
	room: atRoom,
	roomOverhead: { p50: round(atRoom.p50 - kernel.p50), p95: round(atRoom.p95 - kernel.p95) },
	painted: ours,
	// Not measured here: JupyterLab 4.0 with a local kernel on such a machine, research/anchors.
	anchor: { 'jupyterlab-local': { p50: 66, p95: 98 } }
});

async function signIn(person: SeededPerson, id: string): Promise<void> {
	const response = await fetch(`${server.origin}/api/workspaces/${id}/connect`, {
		method: 'POST',
		headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
		body: JSON.stringify({
			signIn: { hop: 0, credential: { kind: 'key', privateKey: sshd.privateKey } }
		})
	});
	const result = (await response.json()) as { state?: string };
	if (result.state !== 'connected') throw new Error(`The workspace said ${JSON.stringify(result)}.`);
}

/** The same kernel, asked by jupyter_client as the same account would: its sockets are in the account's runtime folder. */
function bareKernel(connection: string, n: number): number[] {
	const script = fileURLToPath(new URL('./bare-kernel.py', import.meta.url));
	return JSON.parse(
		execFileSync(testPython(), [script, connection, String(n)], { encoding: 'utf8' })
	) as number[];
}

function connectionFile(kernel: string): string {
	// …/home/<account>, beside it …/run, the account's runtime folder
	const folder = dirname(dirname(sshd.home));
	const state = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(
		(path) => path.endsWith('state.json') && readFileSync(join(folder, path), 'utf8').includes(`"${kernel}"`)
	);
	const found = state && join(dirname(state), 'connection.json');
	if (!found) throw new Error('The connection file of the kernel was not found.');
	return join(folder, found);
}
