/** HTML of ours as a validator that is not ours sees it. */
import { HtmlValidate } from 'html-validate';

/** What html-validate says against a page, with the line it says it of. */
export async function htmlFaults(html: string): Promise<string[]> {
	const validator = new HtmlValidate({
		extends: ['html-validate:standard', 'html-validate:document'],
		rules: {
			// SvelteKit and KaTeX write these
			'void-style': 'off',
			'doctype-style': 'off',
			'no-inline-style': 'off',
			'long-title': 'off',
			'no-trailing-whitespace': 'off',
			'attribute-boolean-style': 'off',
			'no-redundant-role': 'off',
			'attribute-empty-style': 'off',
			// all of it is ours, from our own origin
			'require-sri': 'off'
		}
	});
	const report = await validator.validateString(html);
	const lines = html.split('\n');
	return report.results.flatMap(({ messages }) =>
		messages.map(
			({ ruleId, message, line, column }) =>
				`${ruleId}: ${message} at ${lines[line - 1]?.slice(Math.max(0, column - 80), column + 120)}`
		)
	);
}
