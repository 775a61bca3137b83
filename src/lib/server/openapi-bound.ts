/** The calls about notebooks that are files of workspaces, part of the table in openapi-routes.ts. */
import { BOUND_ACTIONS } from '#lib/model/bound-notebook.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { ApiRoute } from './openapi-route.ts';
import { list, object, ref } from './openapi-shape.ts';

const text = { type: 'string' };
const nullable = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }] });
const file = '/api/notebooks/{id}/file';

const boundFile = nullable(
	object({
		workspace: text,
		workspaceName: nullable(text),
		path: text,
		state: { ...text, enum: ['saved', 'pending', 'missing'] },
		problem: nullable(ref('Problem')),
		merged: nullable(
			object({
				at: { type: 'integer', description: 'Milliseconds since 1970.' },
				summary: text,
				conflicts: { type: 'integer', description: 'Cells of which both versions are in the notebook.' },
				before: { ...text, description: 'The cells of the file before, as a script.' },
				after: text
			})
		)
	})
);

export const BOUND_ROUTES: ApiRoute[] = [
	{
		method: 'post',
		path: '/api/notebooks/bound',
		group: 'Notebooks',
		summary: 'Open an .ipynb file of a connected workspace as a live notebook',
		description:
			'Edits and the ends of runs write the file; what is changed in it outside is merged, never overwritten. Answers 200 ' +
			'with the same notebook when the file is open already.',
		scope: 'write',
		body: { schema: object({ workspace: text, path: text }) },
		answer: {
			status: 201,
			description: 'Made.',
			schema: object({ id: text, url: text, warnings: list(text) })
		}
	},
	{
		method: 'get',
		path: file,
		group: 'Notebooks',
		summary: 'Which file a notebook is, and whether it is written',
		description: 'null for a notebook that is no file.',
		scope: 'read',
		answer: { status: 200, description: 'The file, and its last change that was merged.', schema: boundFile }
	},
	{
		method: 'post',
		path: file,
		group: 'Notebooks',
		summary:
			'Write the file now, write it although it was deleted, or let notebook and file go separate ways',
		scope: 'write',
		body: { schema: object({ action: { ...text, enum: [...BOUND_ACTIONS] } }) },
		answer: { status: 200, description: 'As GET says it then.', schema: boundFile }
	}
];
