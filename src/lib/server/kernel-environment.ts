/** What a kernel that has just started has: its language and packages. Asked quietly, seen by nobody. */
import type { Collab } from '#collab/start.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { NotebookId } from '#lib/model/ids.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import { cellIds, cellsOf, notebookDocName, sourceOf } from '#lib/model/notebook-doc.ts';
import type { PaperEnvironment } from '#lib/model/paper/card.ts';
import { differenceWords, type KernelEnvironment } from '#lib/model/paper/environment-difference.ts';
import { saysOrigin } from './paper-copy.ts';

export interface EnvironmentAsk {
	gateway: Pick<KernelGateway, 'ask'>;
	collab: Pick<Collab, 'rooms' | 'hocuspocus'>;
}

const PATIENCE_MS = 90_000;
const LOOK_MS = 150;

/**
 * Wait for the notebook's kernel, compare it with what the version was made with, and write what differs below the line that
 * says where the notebook is from. Answers these words; null where nothing differs or the kernel does not say.
 */
export async function noteDifference(
	{ gateway, collab }: EnvironmentAsk,
	notebook: NotebookId,
	made: PaperEnvironment
): Promise<string | null> {
	const here = await askKernel({ gateway, collab }, notebook, Object.keys(made.packages).slice(0, 500));
	const words = here && differenceWords(made, here);
	if (!words) return null;
	const people = await collab.hocuspocus.openDirectConnection(notebookDocName(notebook));
	try {
		await people.transact((doc) => {
			const source = sourceOf(cellsOf(doc).get(cellIds(doc)[0] ?? ''));
			if (source && saysOrigin(source.toString())) source.insert(source.length, `\n\n*${words}*`);
		});
	} finally {
		await people.disconnect();
	}
	return words;
}

async function askKernel(
	{ gateway, collab }: EnvironmentAsk,
	notebook: NotebookId,
	packages: string[]
): Promise<KernelEnvironment | null> {
	const end = Date.now() + PATIENCE_MS;
	for (;;) {
		const { kernel: view } = await collab.rooms.state(notebook);
		const { state, kernel, workspace } = view;
		if (state === 'idle' && kernel !== null && workspace !== null) {
			const has = packages.length === 0 ? {} : await packagesOf(gateway, workspace, kernel, packages);
			return {
				kernelspec: { name: view.spec ?? '', title: view.displayName },
				language: view.language,
				languageVersion: view.languageVersion,
				packages: has
			};
		}
		const gone = state === 'none' || state === 'dead' || state === 'needs-sign-in';
		if (gone || Date.now() > end) return null;
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
	}
}

async function packagesOf(
	gateway: Pick<KernelGateway, 'ask'>,
	workspace: string,
	kernel: string,
	packages: string[]
): Promise<Record<string, string | null>> {
	const content = {
		code: '',
		silent: true,
		store_history: false,
		allow_stdin: false,
		stop_on_error: false,
		user_expressions: { answer: question(packages) }
	};
	const answer = await gateway
		.ask(workspace, kernel, { msgType: 'execute_request', content, seconds: 20 })
		.catch(() => null);
	const shown = asObject(asObject(asObject(answer?.content.user_expressions).answer).data)['text/plain'];
	const hex = typeof shown === 'string' ? /^'((?:[0-9a-f]{2})*)'$/.exec(shown)?.[1] : undefined;
	if (hex === undefined) return {};
	const read = JSON.parse(Buffer.from(hex, 'hex').toString('utf8')) as Record<string, string | null>;
	return Object.fromEntries(packages.flatMap((name) => (name in read ? [[name, read[name] ?? null]] : [])));
}

/** One Python expression without a name left behind: versions by `importlib.metadata`, as JSON in hex. Python 3.8 and later. */
function question(packages: string[]): string {
	const names = JSON.stringify(JSON.stringify(packages));
	return (
		`(lambda json, m: json.dumps({n: next((d.version for d in m.distributions(name=n)), None) ` +
		`for n in json.loads(${names})}).encode().hex())(__import__("json"), __import__("importlib.metadata").metadata)`
	);
}

function asObject(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
