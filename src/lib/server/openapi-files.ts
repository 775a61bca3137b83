/** The calls about files on a workspace, part of the table in openapi-routes.ts. */
import type { JsonObject } from '#lib/model/json.ts';
import type { ApiRoute } from './openapi-route.ts';
import { list, object } from './openapi-shape.ts';

const text = { type: 'string' };
const count = { type: 'integer' };
const flag = { type: 'boolean' };
const files = '/api/workspaces/{id}/files';
const bytesOf =
	'Paths are absolute or begin with ~, percent-encoded byte by byte, so that names that are no UTF-8 work too.';
const path = (description: string): { schema: JsonObject; description: string } => ({
	schema: text,
	description
});

const facts = object({
	names: list(text),
	types: {
		...text,
		description:
			'One letter an entry: f file, d folder, l link to a file, L link to a folder, b broken link, o other.'
	},
	sizes: list(count),
	times: list({ type: 'number' }),
	modes: list(count),
	owners: { ...list(count), description: 'Index into users.' },
	groupsOf: { ...list(count), description: 'Index into groups.' },
	users: list(text),
	groups: list(text),
	links: { type: 'object', additionalProperties: text, description: 'Entry number to where the link leads.' },
	path: { ...text, description: 'Absolute, with symbolic links resolved.' },
	home: text,
	writable: flag
});

const one = (what: string, properties: Record<string, JsonObject>): JsonObject =>
	object({ do: { type: 'string', enum: [what] }, ...properties });
const operation = {
	oneOf: [
		one('folder', { path: text }),
		one('file', { path: text }),
		one('rename', { from: text, to: text }),
		one('move', { from: list(text), to: text }),
		one('copy', { from: list(text), to: text }),
		one('trash', { paths: list(text) }),
		one('restore', { items: list(text) }),
		one('delete', { paths: list(text) }),
		one('mode', { path: text, mode: count })
	]
};

export const FILE_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: files,
		group: 'Files',
		summary: 'What is in a folder of a connected workspace, by columns',
		description: bytesOf,
		scope: 'read',
		query: { path: path('The folder; the home folder without it.') },
		answer: { status: 200, description: 'All entries; each column has as many values.', schema: facts }
	},
	{
		method: 'post',
		path: files,
		group: 'Files',
		summary: 'Make, rename, move, copy, throw away, bring back or delete files',
		description:
			'Nothing is overwritten. What could not be done is in `problems`, with a code; `undo` is the operation that takes ' +
			'back what was done, null where nothing can. `trash` moves into a folder .ansatz-trash of the file system.',
		scope: 'write',
		body: { schema: operation },
		answer: {
			status: 200,
			description: 'What was done.',
			schema: object({
				done: list(text),
				undo: { anyOf: [operation, { type: 'null' }] },
				problems: list(object({ path: text, code: text, message: text }))
			})
		}
	},
	{
		method: 'get',
		path: `${files}/content`,
		group: 'Files',
		summary: 'The bytes of a file',
		description: `With Range and If-None-Match; the ETag is the file’s version. ${bytesOf}`,
		scope: 'read',
		query: {
			path: path('The file.'),
			inline: { schema: text, description: '1: to be shown, where a browser can without running it.' }
		},
		answer: { status: 200, description: 'The bytes.', mime: '*/*' }
	},
	{
		method: 'put',
		path: `${files}/content`,
		group: 'Files',
		summary: 'Write a file whole, at most 50 MB',
		description:
			'The body is the bytes, with a Content-Type (application/octet-stream). With If-Match: "version" only if the file is that version, with If-None-Match: * only if ' +
			'there is none; else 412 file-changed, with the present `version`.',
		scope: 'write',
		query: { path: path('The file.') },
		answer: { status: 200, description: 'Written.', schema: object({ version: text }) }
	},
	{
		method: 'post',
		path: `${files}/uploads`,
		group: 'Files',
		summary: 'Begin to upload a file of any size, or find an upload that was cut',
		description:
			'Asked again with the same path, size and time, it answers how much is there already. What nobody comes back to ' +
			'for a week is removed.',
		scope: 'write',
		query: { path: path('Where the file will be.') },
		body: {
			schema: object({ size: count, modified: { type: 'number' }, replace: flag }, ['modified', 'replace'])
		},
		answer: {
			status: 201,
			description: 'Go on at `offset`.',
			schema: object({ upload: text, offset: count })
		}
	},
	{
		method: 'get',
		path: `${files}/uploads/{upload}`,
		group: 'Files',
		summary: 'How much of an upload is there',
		scope: 'read',
		query: { path: path('As it was begun.') },
		answer: { status: 200, description: 'Bytes.', schema: object({ offset: count }) }
	},
	{
		method: 'patch',
		path: `${files}/uploads/{upload}`,
		group: 'Files',
		summary: 'Add bytes to an upload',
		description:
			'The body is the bytes, at most 50 MB, with a Content-Type (application/octet-stream). Anywhere else than where the upload is: 409 file-offset, with the `offset`. ' +
			'With the last byte the file gets its name; one without bytes takes one empty piece.',
		scope: 'write',
		query: {
			path: path('As it was begun.'),
			offset: { schema: count, description: 'Where the bytes belong.' }
		},
		answer: {
			status: 200,
			description: 'How much is there now.',
			schema: object({ offset: count, done: flag })
		}
	},
	{
		method: 'delete',
		path: `${files}/uploads/{upload}`,
		group: 'Files',
		summary: 'Give an upload up and remove what came of it',
		scope: 'write',
		query: { path: path('As it was begun.') },
		answer: { status: 204, description: 'Done.' }
	},
	{
		method: 'get',
		path: `${files}/zip`,
		group: 'Files',
		summary: 'Files and folders as a zip archive, made while it is sent',
		description: 'Links stay links. What could not be read is named in a file of the archive.',
		scope: 'read',
		query: { path: path('A file or folder; may be there several times.') },
		answer: { status: 200, description: 'The archive.', mime: 'application/zip' }
	},
	{
		method: 'get',
		path: `${files}/search`,
		group: 'Files',
		summary: 'Look through a folder and all below it',
		description:
			'One JSON object a line, as they are found: {path, type, size, time, lines?}; the last is {"end": true, "cut", ' +
			'"looked"}, or {"problem"} when the search broke off.',
		scope: 'read',
		query: {
			path: path('The folder; the home folder without it.'),
			name: { schema: text, description: 'Part of a name, or a pattern with *, ? and […].' },
			text: { schema: text, description: 'Words in the file; only text files up to 32 MB are read.' },
			case: { schema: text, description: '1: case counts.' }
		},
		answer: { status: 200, description: 'Hits.', mime: 'application/x-ndjson' }
	},
	{
		method: 'get',
		path: `${files}/preview`,
		group: 'Files',
		summary: 'What is in a file of data: FITS headers, the tree of HDF5, the first rows of a table',
		description:
			'HDF5 and Parquet are read by a Python of the workspace; 422 file-no-module when none has the package.',
		scope: 'read',
		query: {
			path: path('The file.'),
			kind: { schema: { type: 'string', enum: ['fits', 'hdf5', 'table'] }, description: 'How to read it.' },
			python: {
				schema: text,
				description:
					'An interpreter of the workspace; takes the scope run. Without it, those of its environments.'
			}
		},
		answer: { status: 200, description: 'By kind.', schema: { type: 'object' } }
	}
];
