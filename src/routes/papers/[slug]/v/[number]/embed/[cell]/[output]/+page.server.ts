import { embedPage, outputNumber } from '../../../../../../embed-page.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals, params, setHeaders }) =>
	embedPage(locals, { ...params, output: outputNumber(params.output) }, setHeaders);
