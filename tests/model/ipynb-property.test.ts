import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cell } from '#lib/model/cell.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import type { CellOutputs, NotebookContent } from '#lib/model/ipynb/content.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import { JsonScanner } from '#lib/model/ipynb/json-scan.ts';
import { splitLines } from '#lib/model/ipynb/lines.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import { schemaFault } from '#lib/model/ipynb/validate.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { fixture } from './ipynb-support.ts';

/** Any text, half surrogate pairs and all kinds of line ends included. */
const unit = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.constantFrom('\n', '\r\n', '\r', '\v', '\f', '\x1c', '\x85', '\u2028', '"', '\\', 'é', '😀')
	},
	{ weight: 5, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) },
	{ weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }
);
const text = fc.string({ unit, maxLength: 40 });
const count = fc.option(fc.nat(), { nil: null });
/** Keys to which the format gives a meaning, so that not every value is valid there. */
const TAKEN = /^(name|tags|format|collapsed|scrolled|jupyter|execution|trusted|signature|kernelspec|language_info|title|authors|orig_nbformat.*)$/; // prettier-ignore
const key = fc
	.oneof(text, fc.constantFrom('__proto__', 'constructor', '10', '9'))
	.filter((k) => !TAKEN.test(k));
const objectOf = <T>(value: fc.Arbitrary<T>, keys = key) =>
	fc
		.array(fc.tuple(keys, value), { maxLength: 4 })
		.map((entries) => Object.fromEntries(entries) as Record<string, T>);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
	json: fc.oneof(
		{ maxDepth: 3 },
		fc.oneof(
			text,
			fc.double({ noNaN: true, noDefaultInfinity: true }),
			fc.integer(),
			fc.boolean(),
			fc.constant(null)
		),
		fc.array(tie('json'), { maxLength: 3 }),
		objectOf(tie('json')) as fc.Arbitrary<Json>
	)
}));
const object = objectOf(json) as fc.Arbitrary<JsonObject>;
const bundle = fc
	.tuple(
		objectOf(
			text,
			fc.constantFrom('text/plain', 'text/html', 'image/png', 'image/svg+xml', 'application/javascript')
		),
		objectOf(json, fc.constantFrom('application/json', 'application/vnd.x+json'))
	)
	.map(([texts, jsons]): JsonObject => ({ ...texts, ...jsons }));
const output: fc.Arbitrary<NbOutput> = fc.oneof(
	fc.record({ output_type: fc.constant('stream' as const), name: text, text }),
	fc.record({ output_type: fc.constant('display_data' as const), data: bundle, metadata: object }),
	fc.record({ output_type: fc.constant('execute_result' as const), data: bundle, metadata: object, execution_count: count }), // prettier-ignore
	fc.record({ output_type: fc.constant('error' as const), ename: text, evalue: text, traceback: fc.array(text, { maxLength: 3 }) }) // prettier-ignore
);
const id = fc.stringMatching(/^[a-zA-Z0-9\-_]{1,64}$/).filter((value) => !(value in Object.prototype));
const shown: fc.Arbitrary<CellOutputs> = fc.record({ outputs: fc.array(output, { maxLength: 3 }), executionCount: count }); // prettier-ignore
const attachments = objectOf(objectOf(text, fc.constantFrom('image/png', 'text/plain')));
const cell = fc
	.record({
		id,
		type: fc.constantFrom('code', 'markdown', 'raw'),
		source: text,
		metadata: object,
		attachments: fc.option(attachments),
		shown
	}) // prettier-ignore
	.map(({ type, shown, attachments, ...rest }) => {
		const made: Cell = { ...rest, type } as Cell;
		if (type !== 'code' && attachments) made.attachments = attachments;
		return { made, shown };
	});
const notebook: fc.Arbitrary<NotebookContent> = fc
	.tuple(fc.uniqueArray(cell, { selector: ({ made }) => made.id, maxLength: 5 }), object)
	.map(([cells, metadata]) => ({
		cells: cells.map(({ made }) => made),
		outputs: Object.fromEntries(cells.filter((c) => c.made.type === 'code').map((c) => [c.made.id, c.shown])),
		metadata
	}));

/** Deep equality that also sees `__proto__` keys and the sign of zero. */
function plain(value: unknown): unknown {
	if (Object.is(value, -0)) return '-0';
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== 'object' || value === null) return value;
	return { pairs: Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, plain(v)]) }; // prettier-ignore
}

describe('properties', () => {
	test('any notebook exported is valid 4.5, and imported again is equal', () => {
		fc.assert(
			fc.property(notebook, (content) => {
				const exported = exportNotebook(content);
				expect(schemaFault(exported, '4.5')).toBeUndefined();
				const { cells, outputs, metadata, from } = importNotebook(stringifyNotebook(exported));
				expect(plain({ cells, outputs, metadata })).toEqual(plain(content));
				expect(from).toEqual({ nbformat: 4, nbformat_minor: 5 });
			}),
			{ numRuns: 400 }
		);
	});

	test('lines joined are the text, and only the last may lack a line end', () => {
		fc.assert(
			fc.property(text, (value) => {
				const lines = splitLines(value);
				expect(lines.join('')).toBe(value);
				for (const line of lines.slice(0, -1)) expect(line).toMatch(/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]$/);
				expect(lines).not.toContain('');
			})
		);
	});

	const valid = (file: string) => {
		try {
			const { warnings: _w, from: _f, ...content } = importNotebook(file);
			expect(schemaFault(exportNotebook(content), '4.5')).toBeUndefined();
		} catch (error) {
			if (!(error instanceof ProblemError)) throw error;
			expect(error.problem.code).toBe('notebook-invalid');
			expect(error.problem.detail).not.toMatch(/undefined|\[object/);
		}
	};

	test('arbitrary text and JSON end in a notebook or in a ProblemError', () => {
		fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), valid), { numRuns: 500 });
		const version = fc.record({
			nbformat: fc.integer({ min: 0, max: 5 }),
			nbformat_minor: fc.oneof(fc.nat(7), json)
		});
		const parts = fc.record({ cells: json, worksheets: json, metadata: json }, { requiredKeys: [] });
		fc.assert(
			fc.property(version, parts, (v, p) => valid(JSON.stringify({ ...v, ...p }))),
			{ numRuns: 500 }
		);
	});

	test('broken notebooks end in a notebook or in a ProblemError', () => {
		const files = ['v2', 'v3', 'v3-loose', 'v4.0', 'v4.2', 'v4.5'].map((name) => fixture(`${name}.ipynb`));
		const strange = fc.oneof(
			json,
			fc.constantFrom<Json>('code', 'heading', 'pyout', 'stream', {}, [], [[]], 1e308)
		);
		fc.assert(
			fc.property(fc.constantFrom(...files), fc.nat(), strange, fc.boolean(), (file, at, value, remove) => {
				const root = JSON.parse(file) as Json;
				const places: [Record<string, Json>, string][] = [];
				const walk = (node: Json) => {
					if (typeof node !== 'object' || node === null) return;
					for (const k of Object.keys(node)) {
						places.push([node as Record<string, Json>, k]);
						walk((node as Record<string, Json>)[k]!);
					}
				};
				walk(root);
				const [owner, k] = places[at % places.length]!;
				if (remove && !Array.isArray(owner)) delete owner[k];
				else owner[k] = value;
				valid(JSON.stringify(root));
			}),
			{ numRuns: 1500 }
		);
		fc.assert(
			fc.property(fc.constantFrom(...files), fc.nat(), (file, at) => valid(file.slice(0, at % file.length)))
		);
	});
});

test('the scanner accepts exactly what JSON.parse accepts', () => {
	const signs = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '\\', ' ', '\n', '0', '1', '-', '.', 'e', '+', '12', 'true', 'null', 'u00e9'); // prettier-ignore
	const pieces = fc.oneof(
		fc.array(signs, { maxLength: 8 }).map((all) => all.join('')),
		fc.json()
	);
	const numbers = fc.stringMatching(/^-?[0-9]{1,17}(\.[0-9]{0,3})?([eE][+-]?[0-9]{0,2})?$/);
	fc.assert(
		fc.property(fc.oneof(pieces, numbers), (text) => {
			const accepted = (parse: () => unknown) => {
				try {
					parse();
					return true;
				} catch {
					return false;
				}
			};
			const ours = accepted(() => new JsonScanner(text, 100, 1e6).document());
			expect(ours, text).toBe(accepted(() => JSON.parse(text)));
		}),
		{ numRuns: 5000 }
	);
});
