import * as v from 'valibot';
import { pathInQuery } from '#lib/model/file-path.ts';
import { readQuery } from '../../../../request.ts';
import { endpoint, requireScope } from '../../../../respond.ts';
import { pathOf } from '../file-request.ts';
import type { RequestHandler } from './$types';

const query = v.object({ kind: v.picklist(['fits', 'hdf5', 'table'], 'Must be fits, hdf5 or table.') });

/** Some kinds are read by a Python of the workspace; naming one is running a program there, and takes that scope. */
export const GET: RequestHandler = endpoint('read', ({ locals, params, url }, caller) => {
	const { kind } = readQuery(url, query);
	const python = pathInQuery(url.search, 'python');
	if (python !== undefined) requireScope(caller, 'run');
	return locals.services.files.preview(caller, params.id, pathOf(url), kind, python);
});
