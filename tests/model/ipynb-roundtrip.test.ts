import { describe, expect, test } from 'vitest';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { schemaFault } from '#lib/model/ipynb/validate.ts';
import type { Json } from '#lib/model/json.ts';
import * as support from './ipynb-support.ts';

const { canonical, fixture, throughUs } = support;
const real = support.realNotebooks();
const python = support.pythonWithNbformat();
console.log(
	real.length > 0
		? `ipynb: running over ${real.length} real notebooks in ${support.REAL}`
		: 'ipynb: no real notebooks in ../shared/data/notebooks, only fixtures are tested'
);
console.log(
	`ipynb: comparing live with Python nbformat: ${python ?? 'no (not installed), only with goldens'}`
);

/** What 4.5 has no place for, as `conform` leaves it out, taken from what nbformat keeps. */
function withoutUnknown(text: string): string {
	const notebook = JSON.parse(text) as { extra?: unknown; cells: Record<string, unknown>[] };
	delete notebook.extra;
	for (const cell of notebook.cells) {
		if (cell.cell_type === 'future cell') {
			cell.source = JSON.stringify({ cell_type: 'future cell', key: cell.key }, null, 1);
			cell.cell_type = 'raw';
			delete cell.key;
		}
		for (const key of ['extra', 'future', 'rendered', 'trusted']) delete cell[key];
		for (const output of (cell.outputs ?? []) as Record<string, unknown>[]) {
			delete output.extra;
			if (output.output_type === 'stream') delete output.metadata;
			if (output.output_type !== 'future output') continue;
			const content = { ...output };
			for (const key of Object.keys(output)) delete output[key];
			Object.assign(output, {
				output_type: 'display_data',
				metadata: {},
				data: { 'application/json': content }
			});
		}
	}
	return JSON.stringify(notebook);
}

describe('fixtures', () => {
	test.each(['v2', 'v3', 'v4.0', 'v4.2', 'v4.5'])('%s is what Python nbformat makes of it', (name) => {
		const ids = name === 'v4.5';
		const ours = throughUs(fixture(`${name}.ipynb`));
		expect(canonical(ours, { ids })).toBe(canonical(fixture(`${name}.golden.txt`), { ids }));
		expect(importNotebook(fixture(`${name}.ipynb`)).warnings).toEqual(
			name === 'v3' ? ['The 2 worksheets of the old file were put one after the other.'] : []
		);
	});

	test('v3-loose is read as nbformat reads it, without the keys 4.5 forbids, and says so', () => {
		const ours = throughUs(fixture('v3-loose.ipynb'));
		const golden = withoutUnknown(fixture('v3-loose.golden.txt'));
		expect(canonical(ours, { ids: false })).toBe(canonical(golden, { ids: false }));
		const warnings = importNotebook(fixture('v3-loose.ipynb')).warnings.join('\n');
		expect(warnings).toContain(
			'worksheets[0].cells[0].rendered (line 2, column 44): this key is not allowed'
		);
		expect(warnings).toContain('"rendered" of a markdown cell');
		expect(warnings).toContain('"trusted" of a code cell');
		expect(warnings).toContain('"metadata" of an output (stream)');
	});

	test.each(['v2', 'v4.0', 'v4.2', 'v4.5'])('%s is written byte for byte as nbformat writes it', (name) => {
		const golden = fixture(`${name}.golden.txt`);
		const ids = [...golden.matchAll(/^ {3}"id": "(.*)"/gm)].map((match) => match[1]!);
		const ours = throughUs(fixture(`${name}.ipynb`)).replace(/^( {3}"id": )".*"/gm, (_all, key: string) => `${key}"${ids.shift()}"`); // prettier-ignore
		expect(ours).toBe(golden);
	});

	test('what comes out goes in again unchanged', () => {
		for (const name of ['v2', 'v3', 'v3-loose', 'v4.0', 'v4.2', 'v4.5']) {
			const once = throughUs(fixture(`${name}.ipynb`));
			expect(throughUs(once)).toBe(once);
			expect(schemaFault(JSON.parse(once) as Json, '4.5')).toBeUndefined();
			expect(importNotebook(once).warnings).toEqual([]);
		}
	});
});

describe.runIf(real.length > 0)('real notebooks', () => {
	test.each(real.filter(({ text }) => /"nbformat": 4/.test(text)))(
		'$name: equal in content',
		({ name, text }) => {
			const expected = name === 'test4plus.ipynb' ? withoutUnknown(text) : text;
			const ids = /^ {3}"id":/m.test(text);
			const ours = throughUs(text);
			expect(canonical(ours, { ids })).toBe(canonical(expected, { ids }));
			expect(schemaFault(JSON.parse(ours) as Json, '4.5')).toBeUndefined();
		}
	);

	test.each(real)('$name: what comes out goes in again unchanged', ({ text }) => {
		const once = throughUs(text);
		expect(throughUs(once)).toBe(once);
	});

	test.runIf(python)('all are what Python nbformat makes of them', () => {
		const upgraded = support.upgradedByPython(python!, real.map(({ path }) => path)); // prettier-ignore
		for (const { name, path, text } of real) {
			const ours = canonical(throughUs(text), { ids: false });
			const theirs = upgraded.get(path);
			// Python nbformat cannot read this one (no metadata); it differs from test3.ipynb in nothing else.
			if (name === 'test3_no_metadata.ipynb') expect(theirs).toBeUndefined();
			else expect(ours, name).toBe(canonical(withoutUnknown(theirs!), { ids: false }));
		}
	});
});
