/** What a kernel that has just started has: its language and packages. Asked quietly, seen by nobody. */
import type { Collab } from '#collab/start.ts';
import type { NotebookId } from '#lib/model/ids.ts';
import { cellIds, cellsOf, notebookDocName, sourceOf } from '#lib/model/notebook-doc.ts';
import type { PaperEnvironment } from '#lib/model/paper/card.ts';
import { differenceWords, type KernelEnvironment } from '#lib/model/paper/environment-difference.ts';
import { saysOrigin } from './paper-copy.ts';

export interface EnvironmentAsk {
	collab: Pick<Collab, 'rooms' | 'hocuspocus'>;
}

const PATIENCE_MS = 90_000;
const LOOK_MS = 150;

/**
 * Wait for the notebook's kernel, compare it with what the version was made with, and write what differs below the line that
 * says where the notebook is from. Answers these words; null where nothing differs or the kernel does not say.
 */
export async function noteDifference(
	{ collab }: EnvironmentAsk,
	notebook: NotebookId,
	made: PaperEnvironment
): Promise<string | null> {
	const here = await askKernel({ collab }, notebook, Object.keys(made.packages).slice(0, 500));
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
	{ collab }: EnvironmentAsk,
	notebook: NotebookId,
	packages: string[]
): Promise<KernelEnvironment | null> {
	const end = Date.now() + PATIENCE_MS;
	for (;;) {
		const { kernel: view } = await collab.rooms.state(notebook);
		const { state } = view;
		if (state === 'idle') {
			return {
				kernelspec: { name: view.spec ?? '', title: view.displayName },
				language: view.language,
				languageVersion: view.languageVersion,
				packages: await versionsOf(collab, notebook, packages)
			};
		}
		const gone = state === 'none' || state === 'dead' || state === 'needs-sign-in';
		if (gone || Date.now() > end) return null;
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
	}
}

/** Of those names what the kernel has, however they are spelt (PEP 503); nothing where it does not say. */
async function versionsOf(
	collab: EnvironmentAsk['collab'],
	notebook: NotebookId,
	names: string[]
): Promise<Record<string, string | null>> {
	if (names.length === 0) return {};
	const found = await collab.rooms.packages(notebook);
	if (found === null) return {};
	const has = new Map(Object.entries(found).map(([name, version]) => [plainName(name), version]));
	return Object.fromEntries(names.map((name) => [name, has.get(plainName(name)) ?? null]));
}

function plainName(name: string): string {
	return name.toLowerCase().replace(/[-_.]+/g, '-');
}
