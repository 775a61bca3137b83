/** The OpenAPI 3.1 description, made from the table of routes. */
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { ApiRoute } from './openapi-route.ts';
import { API_ROUTES } from './openapi-routes.ts';
import { SCHEMAS } from './openapi-schemas.ts';
import { ref } from './openapi-shape.ts';

export const openapi: JsonObject = {
	openapi: '3.1.0',
	info: {
		title: 'Ansatz',
		version: '1',
		description:
			'Everything a person can do here has an HTTP call. Make a token under Account and send it as ' +
			'`Authorization: Bearer …`; its scopes are read, write and run. Errors are application/problem+json (RFC 9457).'
	},
	tags: [...new Set(API_ROUTES.map((route) => route.group))].map((name) => ({ name })),
	security: [{ token: [] }],
	paths: paths(),
	components: {
		schemas: SCHEMAS,
		securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Scopes: read, write, run.' } }
	}
};

function paths(): JsonObject {
	const all: Record<string, JsonObject> = {};
	for (const route of API_ROUTES) (all[route.path] ??= {})[route.method] = operation(route);
	return all;
}

function operation(route: ApiRoute): JsonObject {
	const { answer, body } = route;
	const content: JsonObject = answer.schema
		? { 'application/json': { schema: answer.schema } }
		: answer.mime
			? { [answer.mime]: {} }
			: {};
	return {
		tags: [route.group],
		summary: route.summary,
		...(route.description ? { description: route.description } : {}),
		security: route.scope === null ? [] : [{ token: [route.scope] }],
		parameters: parameters(route),
		...(body
			? {
					requestBody: { required: !body.optional, content: { 'application/json': { schema: body.schema } } }
				}
			: {}),
		responses: {
			[String(answer.status)]: {
				description: answer.description,
				...(Object.keys(content).length > 0 ? { content } : {})
			},
			default: {
				description: 'A problem.',
				content: { 'application/problem+json': { schema: ref('Problem') } }
			}
		}
	};
}

function parameters(route: ApiRoute): Json[] {
	const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]): JsonObject => ({
		name: name!,
		in: 'path',
		required: true,
		schema: { type: 'string' }
	}));
	const inQuery = Object.entries(route.query ?? {}).map(([name, { schema, description }]): JsonObject => ({
		name,
		in: 'query',
		required: false,
		schema,
		description
	}));
	return [...inPath, ...inQuery];
}
