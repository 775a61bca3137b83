/** An example with data, published, and what a test asks of those who run it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { eq } from 'drizzle-orm';
import { paperFiles, papers, paperVersions } from '#db/schema-papers.ts';
import { blobs } from '#db/schema.ts';
import type { PaperEnvironment } from '#lib/model/paper/card.ts';
import { caller } from './api.ts';
import { PAPER } from './paper.ts';
import type { Seed, SeededPerson } from './people.ts';
import type { ServerProcess } from './server-process.ts';

/** Code by the id of its cell. */
export function exampleNotebook(cells: Record<string, string>): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
		cells: Object.entries(cells).map(([id, source]) => ({
			...{ cell_type: 'code', id, metadata: {}, execution_count: null, source, outputs: [] }
		}))
	});
}

/** Publish it as v1 with these files. What publishing from a notebook does not say of its environment can be given. */
export async function publishExample(
	server: ServerProcess,
	seed: Seed,
	author: SeededPerson,
	title: string,
	{
		cells,
		files = {},
		environment
	}: { cells: Record<string, string>; files?: Record<string, Buffer>; environment?: PaperEnvironment }
): Promise<string> {
	const notebook = await seed.notebook(author, exampleNotebook(cells));
	const paper = { ...PAPER, title };
	const call = caller(server, author.token);
	const answer = await call('POST', `/api/notebooks/${notebook}/paper`, { paper });
	expect([answer.status, answer.body.number]).toEqual([201, 1]);
	const slug = answer.body.slug as string;
	const [card] = await seed.db.select().from(papers).where(eq(papers.slug, slug));
	for (const [path, data] of Object.entries(files)) {
		const hash = createHash('sha256').update(data).digest('hex');
		const blob = { hash, mime: 'application/octet-stream', size: data.length, data };
		await seed.db.insert(blobs).values(blob).onConflictDoNothing();
		await seed.db.insert(paperFiles).values({ paperId: card!.id, number: 1, path, size: data.length, hash });
	}
	if (environment)
		await seed.db.update(paperVersions).set({ environment }).where(eq(paperVersions.paperId, card!.id));
	return slug;
}

/** Process ids of this machine whose command line has the text in it. */
export function processesWith(text: string): number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.filter((pid) => {
			try {
				return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text);
			} catch {
				return false; // it ended meanwhile
			}
		})
		.map(Number);
}

/** Look until it is so; says in the end what was not. */
export async function until(what: string, seconds: number, look: () => unknown): Promise<void> {
	const end = Date.now() + seconds * 1000;
	while (!(await look())) {
		if (Date.now() > end) throw new Error(`After ${seconds} s still not: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}
