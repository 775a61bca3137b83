/** Parameters of notebooks: found in a cell, set in another, and what a person types for a grid of them. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cell } from '#lib/model/cell.ts';
import type { Json } from '#lib/model/json.ts';
import { injectParameters, parameterSource } from '#lib/model/parameter-cell.ts';
import { gridPoints, isText, pointCount, typedValues } from '#lib/model/parameter-grid.ts';
import { notebookParameters, parametersIn } from '#lib/model/parameters.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { MOST_POINTS } from '#lib/model/sweep.ts';
import { testPython } from '../support/python.ts';

const cell = (source: string, tags?: string[], type: Cell['type'] = 'code'): Cell => ({
	...{ id: source.slice(0, 8) || 'empty', type, source, metadata: tags ? { tags } : {} }
});
const codeOf = (act: () => unknown): string | null => {
	try {
		act();
	} catch (error) {
		if (error instanceof ProblemError) return error.problem.code;
		throw error;
	}
	return null;
};

describe('what a cell assigns', () => {
	test('in Python: defaults, types and comments, over several lines, and nothing that is indented', () => {
		const source = [
			'"""Parameters # not a comment',
			'x = 1"""',
			'alpha = 0.1  # the learning rate',
			'n: int = 3 # type: ignored here',
			"mode = 'a # b; c'; steps = 5",
			'sizes = [',
			'    1, # one',
			'    2,',
			']',
			'seed = 7 # type: int the seed',
			'if alpha == 1:',
			'    hidden = 2',
			'alpha = 0.2',
			'a.b = 3',
			'same == 4',
			'text = """a',
			'b = 1"""'
		].join('\n');
		const read = parametersIn(source, 'python');
		expect(read.map(({ name, text }) => [name, text])).toEqual([
			['alpha', '0.2'],
			['n', '3'],
			['mode', "'a # b; c'"],
			['steps', '5'],
			['sizes', '[\n    1, \n    2,\n]'],
			['seed', '7'],
			['text', '"""a\nb = 1"""']
		]);
		expect(read.find(({ name }) => name === 'n')!.type).toBe('int');
		expect(read.find(({ name }) => name === 'seed')).toMatchObject({ type: 'int', help: 'the seed' });
		expect(read.map(isText)).toEqual([false, false, true, false, false, false, false]);
	});

	test('in R, Julia and bash; in others nothing', () => {
		const of = (source: string, language: string) =>
			parametersIn(source, language).map(({ name, text }) => [name, text]);
		expect(of('alpha <- 0.1\nn.max = 3 # most\nf(x = 2)', 'R')).toEqual([
			['alpha', '0.1'],
			['n.max', '3']
		]);
		expect(of("const α = 0.1\nn::Int = 3\nc = 'x'", 'julia')).toEqual([
			['α', '0.1'],
			['n', '3'],
			['c', "'x'"]
		]);
		expect(of("export A=1\nB='x # y' # z\nC=a#b", 'bash')).toEqual([
			['A', '1'],
			['B', "'x # y'"],
			['C', 'a#b']
		]);
		expect(of('alpha = 1', 'ocaml')).toEqual([]);
	});

	test('the first code cell with the tag counts', () => {
		const cells = [
			cell('a = 1'),
			cell('b = 2', ['parameters'], 'markdown'),
			cell('c = 3', ['x', 'parameters'])
		];
		expect(notebookParameters(cells, 'python').map(({ name }) => name)).toEqual(['c']);
		expect(notebookParameters([cell('a = 1')], 'python')).toEqual([]);
	});
});

describe('the cell that sets them', () => {
	test('comes behind the defaults, in front without them, and takes the place of a former one', () => {
		const tagged = [cell('x = 1'), cell('a = 1.0', ['parameters']), cell('print(a)')];
		const once = injectParameters(tagged, { a: 2 }, 'python');
		expect(once.map(({ source }) => source)).toEqual([
			'x = 1',
			'a = 1.0',
			'# Parameters\na = 2.0',
			'print(a)'
		]);
		expect(once[2]!.metadata).toEqual({ tags: ['injected-parameters'] });
		const twice = injectParameters(once, { a: 3.5 }, 'python');
		expect(twice.map(({ source }) => source)).toEqual([
			'x = 1',
			'a = 1.0',
			'# Parameters\na = 3.5',
			'print(a)'
		]);
		expect(injectParameters([cell('x = 1')], { a: 2 }, 'python')[0]!.source).toBe('# Parameters\na = 2');
		expect(injectParameters(tagged, {}, 'ocaml')).toEqual(tagged);
	});

	test('speaks R, Julia and bash, and refuses what they cannot say', () => {
		const values = { a: 1.5, b: true, c: null, d: 'it’s "$x" \\', e: [1, 'x'], f: { k: [null] } };
		expect(parameterSource(values, 'R')).toBe(
			'# Parameters\na = 1.5\nb = TRUE\nc = NULL\nd = "it’s \\"$x\\" \\\\"\ne = list(1, "x")\nf = list("k" = list(NULL))'
		);
		expect(parameterSource(values, 'julia')).toBe(
			'# Parameters\na = 1.5\nb = true\nc = nothing\nd = "it’s \\"\\$x\\" \\\\"\ne = [1, "x"]\nf = Dict("k" => [nothing])'
		);
		expect(codeOf(() => parameterSource(values, 'bash'))).toBe('parameter-invalid');
		expect(codeOf(() => parameterSource({ a: 1 }, 'ocaml'))).toBe('parameters-language');
		expect(codeOf(() => parameterSource({ 'a = 1; import os': 1 }, 'python'))).toBe('parameter-invalid');
		expect(codeOf(() => parameterSource({ 'a\nb': 1 }, 'bash'))).toBe('parameter-invalid');
	});

	/** What quotes and escapes are made of is often among it. */
	const unit = fc.oneof(
		fc.constantFrom('\\', '"', "'", '$', '`', '\n', '{', '#'),
		fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
	);
	const text = fc.string({ unit, maxLength: 20 }).filter((each) => each.isWellFormed());
	const { json } = fc.letrec<{ json: Json }>((tie) => ({
		json: fc.oneof(
			{ maxDepth: 2 },
			fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
			fc.array(tie('json'), { maxLength: 3 }),
			fc.dictionary(text, tie('json'), { maxKeys: 3 }) as fc.Arbitrary<Json>
		)
	}));

	test('a real Python reads any value as it was', () => {
		const values = fc.sample(json, 300);
		const parameters = Object.fromEntries(values.map((value, n) => [`v${n}`, value]));
		const program = `${parameterSource(parameters, 'python')}\nimport json\nprint(json.dumps([${Object.keys(parameters).join(', ')}]))`;
		const printed = execFileSync(testPython(), ['-'], { input: program, encoding: 'utf8' });
		expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(values)));
	});

	test('a real shell reads any word as it was', () => {
		const words = fc.sample(text, 200).map((word) => word.replaceAll('\0', ''));
		const parameters = Object.fromEntries(words.map((word, n) => [`v${n}`, word]));
		const program = `${parameterSource(parameters, 'bash')}\nprintf '%s\\0' ${words.map((_, n) => `"$v${n}"`).join(' ')}`;
		const printed = execFileSync('bash', [], { input: program, encoding: 'utf8' });
		expect(printed.split('\0').slice(0, -1)).toEqual(words);
	});
});

describe('what is typed for a parameter', () => {
	test.each<[string, Json[]]>([
		['', []],
		['0.1', [0.1]],
		[' 0.1, 0.2,-5e-3 ', [0.1, 0.2, -0.005]],
		['1:10:2', [1, 3, 5, 7, 9]],
		['0:1:0.25, 7', [0, 0.25, 0.5, 0.75, 1, 7]],
		['0:0.3:0.1', [0, 0.1, 0.2, 0.3]],
		['3:1', [3, 2, 1]],
		['1e-3:3e-3:1e-3', [0.001, 0.002, 0.003]],
		['adam, sgd', ['adam', 'sgd']],
		[`"a, b", 'c, d'`, ['a, b', 'c, d']],
		['True, false, None', [true, false, null]],
		['[1, 2], {"a": [3]}', [[1, 2], { a: [3] }]],
		['"say \\"no\\", then", it\'s', ['say "no", then', "it's"]]
	])('%s', (typed, values) => {
		expect(typedValues(typed)).toEqual({ values, problem: null });
	});

	test('of a text parameter everything is text', () => {
		expect(typedValues('1:3, 5, None, "x, y"', { text: true }).values).toEqual(['1:3', '5', 'None', 'x, y']);
	});

	test.each([
		['1,,2', 'comma'],
		['[1, 2', 'not closed'],
		['"a', 'not closed'],
		['[1, x]', 'JSON'],
		['1, 1', 'twice'],
		['1:5:0', 'step'],
		['1:5:-1', 'away'],
		['1:100000', 'more than 500'],
		['12345678901234567890', 'too large']
	])('%s is refused in words', (typed, word) => {
		expect(typedValues(typed).problem).toContain(word);
	});

	test('any numbers, typed as JavaScript prints them, come back', () => {
		const numbers = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
			...{ minLength: 1, maxLength: 20, selector: (value) => JSON.stringify(value) }
		});
		fc.assert(
			fc.property(numbers, (list) => {
				const exact = list.filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value));
				if (exact.length === 0) return;
				expect(JSON.stringify(typedValues(exact.join(', ')).values)).toBe(JSON.stringify(exact));
			})
		);
	});
});

describe('the points of a grid', () => {
	test('the last parameter runs fastest; names tell the values', () => {
		const grid = { alpha: [0.5, -1e-7], mode: ['a/b', 'ü'], n: [3], none: [] };
		expect(pointCount(grid)).toBe(4);
		expect(gridPoints(grid)).toEqual([
			{ name: '1_alpha-0p5_mode-a_b', parameters: { alpha: 0.5, mode: 'a/b', n: 3 } },
			{ name: '2_alpha-0p5_mode-u', parameters: { alpha: 0.5, mode: 'ü', n: 3 } },
			{ name: '3_alpha-m1em7_mode-a_b', parameters: { alpha: -1e-7, mode: 'a/b', n: 3 } },
			{ name: '4_alpha-m1em7_mode-u', parameters: { alpha: -1e-7, mode: 'ü', n: 3 } }
		]);
		expect(gridPoints({ n: [3] })).toEqual([{ name: 'run', parameters: { n: 3 } }]);
	});

	test('names are different, safe in any file system, and sort as the points do', () => {
		const values = fc.array(fc.jsonValue() as fc.Arbitrary<Json>, { minLength: 1, maxLength: 6 });
		fc.assert(
			fc.property(fc.dictionary(fc.string(), values, { maxKeys: 3 }), (grid) => {
				const names = gridPoints(grid).map(({ name }) => name);
				expect(names).toHaveLength(pointCount(grid));
				expect(names.filter((name) => !/^[\w-]{1,80}$/.test(name))).toEqual([]);
				expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
				expect([...names].sort()).toEqual(names);
			})
		);
		expect(MOST_POINTS).toBe(500);
	});
});
