/** What lies beside a notebook that was taken along: what it is, how to cite it, what it was made with. Plain text. */
import type { CardVersion } from './card.ts';
import { citationOf } from './citation.ts';

/** `url`: where this version is read for ever. `notebook`: the name of its file. */
export function readmeOf(card: CardVersion, url: string, notebook: string): string {
	const { paper, environment, source } = card;
	const kernel = [environment.kernelspec?.title ?? environment.language, environment.languageVersion]
		.filter(Boolean)
		.join(' ');
	const packages = Object.entries(environment.packages).map(([name, version]) => `  ${name} ${version}`);
	const files = card.files.map(({ path, size, hash }) => `  ${hash}  ${path} (${size} bytes)`);
	const parts: [title: string, lines: string[]][] = [
		[`${paper.title} (v${card.number})`, [url]],
		['How to cite', [citationOf(paper, url)]],
		['Licence', [paper.licence ?? 'None is named: ask the authors before you pass it on.']],
		['Example', [`${notebook} is the notebook with its outputs.`]],
		...section('Data, with their SHA-256', files),
		...section('Made with', [...(kernel ? [kernel] : []), ...packages]),
		...section('From', source ? [source.url, `commit ${source.commit}`, source.path] : [])
	];
	return parts
		.map(([title, lines]) => `${title}\n${'-'.repeat(Math.min(title.length, 72))}\n${lines.join('\n')}\n`)
		.join('\n');
}

function section(title: string, lines: string[]): [string, string[]][] {
	return lines.length === 0 ? [] : [[title, lines]];
}
