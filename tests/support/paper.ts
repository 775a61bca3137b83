/** A paper and the notebook of its example, as tests publish them. */
import { crc32, deflateSync } from 'node:zlib';

/** A picture of 3 × 2 blue points, made here. */
export const PNG = png(3, 2);

export const PAPER = {
	title: 'A search for the symmetry behind $E = mc^2$',
	authors: [
		{
			kind: 'person',
			family: 'Noether',
			given: 'Emmy',
			orcid: '0000-0002-1825-0097',
			affiliations: ['Göttingen']
		},
		{ kind: 'group', name: 'CMS Collaboration', affiliations: [] }
	],
	type: 'article',
	abstract: 'We measure $\\sqrt{s}$.\n\nThe result is **sharp**.',
	date: '2012-09-17',
	venue: 'Physics Letters B',
	doi: '10.1016/j.physletb.2012.08.020',
	tags: ['symmetry', 'Higgs'],
	licence: 'CC-BY-4.0',
	codeUrl: 'https://example.org/code'
};

/** Where the plot is in the notebook below. */
export const plotPlace = {
	cell: 'plot',
	output: 0,
	alternative: 'A peak at 125 GeV over a falling background.'
};

/** A notebook with text, a plot, and what else is given. */
export function notebookWithPlots(more: object[] = [], image = PNG): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata: {
			title: 'Example',
			kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' }
		},
		cells: [
			{
				cell_type: 'markdown',
				id: 'intro',
				metadata: {},
				source: '# The example\n\nThe mass is $m = \\sqrt{E^2 - p^2}$.\n\n## Data\n\nThere is a table below.'
			},
			{
				cell_type: 'code',
				id: 'plot',
				metadata: {},
				execution_count: 1,
				source: 'import matplotlib.pyplot as plt\n\nplt.plot([1, 4, 9]);  # three points',
				outputs: [
					{
						output_type: 'display_data',
						metadata: {},
						data: { 'image/png': image.toString('base64'), 'text/plain': '<Figure>' }
					}
				]
			},
			...more
		]
	});
}

/** A PNG of one colour (ISO/IEC 15948), for tests that need bytes of their own. */
export function png(
	width: number,
	height: number,
	pixel: (x: number, y: number) => number[] = () => [39, 64, 200]
): Buffer {
	const rows = Array.from({ length: height }, (_, y) =>
		Buffer.from([0, ...Array.from({ length: width }, (_, x) => pixel(x, y)).flat()])
	);
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 2, 0, 0, 0], 8);
	return Buffer.concat([
		Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
		chunk('IHDR', header),
		chunk('IDAT', deflateSync(Buffer.concat(rows))),
		chunk('IEND', Buffer.alloc(0))
	]);
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	const sum = Buffer.alloc(4);
	sum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, sum]);
}
