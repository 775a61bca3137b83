/** The description of the HTTP interface and the endpoints that exist are the same list. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openapi } from '#lib/server/openapi.ts';
import { API_ROUTES } from '#lib/server/openapi-routes.ts';

const routes = fileURLToPath(new URL('../../src/routes', import.meta.url));

/** `get /api/notebooks/{id}` for every handler of a +server.ts under these folders. */
function handlers(): string[] {
	return ['api', 'healthz', 'readyz'].flatMap((folder) =>
		readdirSync(`${routes}/${folder}`, { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith('+server.ts'))
			.flatMap((file) => {
				const path = `/${folder}/${file}`.replace(/\/\+server\.ts$/, '').replace(/\[(\w+)\]/g, '{$1}');
				const source = readFileSync(`${routes}/${folder}/${file}`, 'utf8');
				return [...source.matchAll(/export const (GET|POST|PUT|PATCH|DELETE)\b/g)].map(
					([, method]) => `${method!.toLowerCase()} ${path}`
				);
			})
	);
}

test('every endpoint is described, every description has its endpoint', () => {
	expect(API_ROUTES.map((route) => `${route.method} ${route.path}`).sort()).toEqual(handlers().sort());
});

test('every reference in the description leads somewhere', () => {
	const { schemas } = openapi.components as { schemas: Record<string, unknown> };
	const names = [...JSON.stringify(openapi).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
		([, name]) => name!
	);
	expect(names.filter((name) => !(name in schemas))).toEqual([]);
});

test('every endpoint under /api asks for the scope it is described with', () => {
	for (const route of API_ROUTES.filter(({ path, scope }) => path.startsWith('/api/') && scope !== null)) {
		const file = `${routes}${route.path.replace(/\{(\w+)\}/g, '[$1]')}/+server.ts`;
		const asked = new RegExp(
			`export const ${route.method.toUpperCase()}: RequestHandler = endpoint\\(\\s*'(\\w+)'`
		);
		expect([route.path, route.method, asked.exec(readFileSync(file, 'utf8'))?.[1]]).toEqual([
			route.path,
			route.method,
			route.scope
		]);
	}
});
