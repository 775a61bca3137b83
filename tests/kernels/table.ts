/**
 * The table “which message works on which kernel” of kernel-gateway/README.md, made from what test_probe.py has seen.
 * `node tests/kernels/table.ts` writes it; the part `kernels` of `npm test` compares.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { KERNELS } from './kernels.ts';

/** Where test_probe.py leaves its findings: by kernel, by message. */
export const MESSAGES = path.resolve('test-results', 'kernel-messages.json');
const README = path.resolve('kernel-gateway', 'README.md');
const START = '**Which message works on which kernel**';

type Findings = Record<string, { version: string } & Record<string, boolean | string>>;

/** The section: a line that says what works everywhere, and a row for all messages that work on the same kernels. */
function section(findings: Findings): string {
	const kernels = KERNELS.map(({ name, title, environment, spec }) => {
		const found = findings[name];
		if (!found) throw new Error(`Nothing is known of the kernel ${title}.`);
		const { version, ...messages } = found;
		const ofTheSystem = environment === undefined && spec !== 'ansatz-python';
		return { title: ofTheSystem ? `${title} ${version}` : title, messages };
	});
	const rows = new Map<string, string[]>();
	for (const message of Object.keys(kernels[0]!.messages)) {
		const cells = kernels.map(({ messages }) => {
			const works = messages[message];
			return works === true ? 'yes' : works === false ? '–' : String(works);
		});
		const row = cells.join(' | ');
		rows.set(row, [...(rows.get(row) ?? []), message]);
	}
	const everywhere = kernels.map(() => 'yes').join(' | ');
	const all = rows.get(everywhere) ?? [];
	rows.delete(everywhere);
	return [
		`${START} (seen by \`npm test -- kernels\`; on all of them: ${all.join(', ')})`,
		'',
		`| | ${kernels.map(({ title }) => title).join(' | ')} |`,
		`| --- |${' --- |'.repeat(kernels.length)}`,
		...[...rows].map(([row, messages]) => `| ${messages.join(', ')} | ${row} |`)
	].join('\n');
}

/** Why the README does not say what was found; empty when it does. The version of a system's kernel may be another. */
export function faultOfReadme(): string {
	if (!existsSync(MESSAGES)) return 'The kernels were not probed.';
	const findings = read();
	const unknown = KERNELS.filter(({ name }) => !(name in findings)).map(({ title }) => title);
	if (unknown.length > 0)
		return `The table cannot be made: nothing was found out about ${unknown.join(', ')}.`;
	const readme = readFileSync(README, 'utf8');
	const plain = (text: string): string => text.trim().replace(/(IRkernel) [\d.]+/, '$1');
	const found = section(findings);
	if (readme.includes(START) && plain(readme.slice(readme.indexOf(START))) === plain(found)) return '';
	return `kernel-gateway/README.md does not say what was found. Type: node_modules/.bin/node tests/kernels/table.ts\n${found}`;
}

function read(): Findings {
	return JSON.parse(readFileSync(MESSAGES, 'utf8')) as Findings;
}

if (import.meta.main) {
	const readme = readFileSync(README, 'utf8');
	const end = readme.includes(START) ? readme.indexOf(START) : readme.length;
	writeFileSync(README, `${readme.slice(0, end).trimEnd()}\n\n${section(read())}\n`);
}
