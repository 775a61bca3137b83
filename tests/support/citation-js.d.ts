/** The parts of citation-js that tests use; it comes without types. */
declare module '@citation-js/core' {
	export class Cite {
		constructor(input: unknown);
		data: Record<string, unknown>[];
		format(kind: string, options?: Record<string, unknown>): string;
	}
}
declare module '@citation-js/plugin-bibtex';
declare module '@citation-js/plugin-ris';
declare module '@citation-js/plugin-csl';
