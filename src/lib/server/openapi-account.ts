/** The account of a person, and the server itself. */
import type { ApiRoute } from './openapi-route.ts';
import { object, ref } from './openapi-shape.ts';

export const ACCOUNT_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: '/api/account/notices',
		group: 'Account',
		summary: 'How I am told of the end of long runs',
		scope: 'read',
		answer: { status: 200, description: 'As it is now.', schema: ref('Notices') }
	},
	{
		method: 'put',
		path: '/api/account/notices',
		group: 'Account',
		summary: 'Change how I am told of the end of long runs',
		scope: 'write',
		body: { schema: ref('NoticeFields') },
		answer: { status: 200, description: 'As it is now.', schema: ref('Notices') }
	},
	{
		method: 'get',
		path: '/api/preferences',
		group: 'Account',
		summary: 'What I have arranged: theme, keys, panels, where I stopped reading',
		scope: 'read',
		query: {
			scope: {
				schema: { type: 'string' },
				description: 'Empty: everywhere; `workspace:ID`; `notebook:ID`.'
			}
		},
		answer: { status: 200, description: 'All of that scope.', schema: ref('Preferences') }
	},
	{
		method: 'patch',
		path: '/api/preferences',
		group: 'Account',
		summary: 'Arrange something',
		description: 'What is not named stays; null takes a value away.',
		scope: 'write',
		body: { schema: ref('Preferences') },
		answer: { status: 200, description: 'All of that scope as it is now.', schema: ref('Preferences') }
	},
	{
		method: 'get',
		path: '/api/settings',
		group: 'Server',
		summary: 'What is set for the whole installation (administrators)',
		scope: 'read',
		answer: { status: 200, description: 'As it is now.', schema: ref('Settings') }
	},
	{
		method: 'put',
		path: '/api/settings',
		group: 'Server',
		summary: 'Change what is set for the whole installation (administrators)',
		description: 'What is not named stays.',
		scope: 'write',
		body: { schema: ref('Settings') },
		answer: { status: 200, description: 'As it is now.', schema: ref('Settings') }
	},
	{
		method: 'post',
		path: '/api/settings/reach-test',
		group: 'Server',
		summary: 'Whether the server would connect to a place (administrators)',
		description:
			'Looks the name up and connects to nothing. With `reach` by that list instead of the one that holds; `port` is 22 ' +
			'without one.',
		scope: 'write',
		body: { schema: ref('ReachQuestion') },
		answer: {
			status: 200,
			description: 'What would be decided, and by which rule.',
			schema: ref('ReachTrial')
		}
	},
	{
		method: 'get',
		path: '/api/openapi.json',
		group: 'Server',
		summary: 'This description',
		scope: null,
		answer: { status: 200, description: 'OpenAPI 3.1.', schema: { type: 'object' } }
	},
	{
		method: 'get',
		path: '/healthz',
		group: 'Server',
		summary: 'Whether the process answers',
		scope: null,
		answer: { status: 200, description: 'It does.', schema: object({ ok: { type: 'boolean' } }) }
	},
	{
		method: 'get',
		path: '/readyz',
		group: 'Server',
		summary: 'Whether it can work (503 when not)',
		scope: null,
		answer: { status: 200, description: 'It can.', schema: ref('Ready') }
	}
];
