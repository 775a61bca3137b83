/** The HTTP interface as one table: the description served at /api/openapi.json and the page /api are made from it. */
import { ACCOUNT_ROUTES } from './openapi-account.ts';
import { BATCH_ROUTES } from './openapi-batch.ts';
import { BOUND_ROUTES } from './openapi-bound.ts';
import { COLLECTION_ROUTES } from './openapi-collections.ts';
import { ENVIRONMENT_ROUTES } from './openapi-environments.ts';
import { FILE_ROUTES } from './openapi-files.ts';
import { GUEST_ROUTES } from './openapi-guests.ts';
import { NOTEBOOK_ROUTES } from './openapi-notebooks.ts';
import { PAPER_CHECK_ROUTES } from './openapi-paper-checks.ts';
import { SUGGESTION_ROUTES } from './openapi-suggestions.ts';
import { PAPER_ROUTES } from './openapi-papers.ts';
import { REPOSITORY_ROUTES } from './openapi-repositories.ts';
import type { ApiRoute } from './openapi-route.ts';
import { SWEEP_ROUTES } from './openapi-sweeps.ts';
import { VERSION_ROUTES } from './openapi-versions.ts';
import { WORKSPACE_ROUTES } from './openapi-workspaces.ts';

export const API_ROUTES: ApiRoute[] = [
	...NOTEBOOK_ROUTES,
	...WORKSPACE_ROUTES,
	...ENVIRONMENT_ROUTES,
	...BATCH_ROUTES,
	...FILE_ROUTES,
	...BOUND_ROUTES,
	...VERSION_ROUTES,
	...SWEEP_ROUTES,
	...PAPER_ROUTES,
	...COLLECTION_ROUTES,
	...GUEST_ROUTES,
	...REPOSITORY_ROUTES,
	...PAPER_CHECK_ROUTES,
	...SUGGESTION_ROUTES,
	...ACCOUNT_ROUTES
];
