import { administrator } from '../../guard.ts';
import { orErrorPage } from '../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals }) => {
	const caller = administrator(locals);
	const { paperModeration } = await orErrorPage(locals.services.settings.read(caller));
	return { looked: paperModeration, queue: await orErrorPage(locals.services.paperModeration.queue(caller)) };
};
