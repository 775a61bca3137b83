import { redirect } from '@sveltejs/kit';
import { signedIn } from '../../../../../../guard.ts';
import { orErrorPage } from '../../../../../../problem-of.ts';
import type { PageServerLoad } from './$types';

/** Lets whoever owns the workspace in to a service in the batch job of a kernel there, where they were going. */
export const load: PageServerLoad = async ({ locals, params, url }) => {
	const place = { workspace: params.id, kernel: params.kernel, port: Number(params.port) };
	const open = locals.services.ports.open(signedIn(locals), place, url.searchParams.get('to'));
	redirect(303, (await orErrorPage(open)).url);
};
