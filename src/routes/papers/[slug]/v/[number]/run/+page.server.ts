import { redirect } from '@sveltejs/kit';
import { versionNumber } from '../../../../../api/papers/card-fields.ts';
import { orErrorPage, orProblem } from '../../../../../problem-of.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params: { slug, number } }) => {
	const { services, caller } = locals;
	const version = versionNumber(number);
	const card = await orErrorPage(services.papers.version(slug, version, caller));
	const files = await orErrorPage(services.paperRuns.files(caller, slug, version));
	const about = {
		title: card.paper.title,
		slug: card.slug,
		number: card.number,
		environment: card.environment,
		size: files.reduce((sum, file) => sum + file.size, 0),
		files: files.length
	};
	if (caller && !caller.user.guestUntil) {
		const workspaces = await services.workspaces.list(caller);
		return { about, signedIn: true as const, workspaces, guests: null };
	}
	return { about, signedIn: false as const, workspaces: [], guests: await services.guests.offered() };
};

export const actions: Actions = {
	/** The button of a card: who is known chooses a machine first, who is not becomes a guest where there are any. */
	guest: async ({ locals, params: { slug, number }, cookies, request, getClientAddress }) => {
		const { services, caller } = locals;
		const here = `/papers/${encodeURIComponent(slug)}/v/${encodeURIComponent(number)}/run`;
		if (caller && !caller.user.guestUntil) redirect(303, here);
		if (!(await services.guests.offered())) redirect(303, here);
		return orProblem(async () => {
			if (caller) await services.guests.leave(caller);
			const { cookie, notebook } = await services.guests.begin(slug, versionNumber(number), {
				address: getClientAddress(),
				userAgent: request.headers.get('user-agent') ?? ''
			});
			cookies.set(cookie.name, cookie.value, cookie.attributes);
			redirect(303, `/notebooks/${notebook}`);
		});
	}
};
