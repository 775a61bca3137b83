import { signedIn } from '../guard.ts';
import type { PageServerLoad } from './$types';

/** `?url=` fills the address in. */
export const load: PageServerLoad = ({ locals, url }) => {
	signedIn(locals);
	return { url: (url.searchParams.get('url') ?? '').slice(0, 2_000) };
};
