/** What is different where an example runs from what its version was made with, in words. */
import type { KernelSpec } from '../workspace.ts';
import type { PaperEnvironment } from './card.ts';

/** What a kernel says of itself. */
export interface KernelEnvironment {
	/** Name and title of its kernelspec. */
	kernelspec: { name: string; title: string };
	language: string;
	languageVersion: string;
	/** Name → version of those that were asked for; null where it has none of that name. */
	packages: Record<string, string | null>;
}

const MOST = 12;

/**
 * One or two sentences of Markdown, or null where nothing that the version names is different. A Python that differs in its
 * patch release alone is the same.
 */
export function differenceWords(made: PaperEnvironment, here: KernelEnvironment): string | null {
	const name = languageName(made.language ?? here.language);
	const said: string[] = [];
	if (made.language && made.language.toLowerCase() !== here.language.toLowerCase())
		said.push(`it was made with ${name}, and this kernel is ${languageName(here.language)}`);
	else if (made.languageVersion && minor(made.languageVersion) !== minor(here.languageVersion))
		said.push(
			`it was made with ${name} ${plain(made.languageVersion)}, and this is ${plain(here.languageVersion)}`
		);
	if (made.kernelspec && made.kernelspec.name !== here.kernelspec.name)
		said.push(
			`there is no kernel called ${code(made.kernelspec.name)}, so ${code(here.kernelspec.name)} was taken`
		);
	const packages = Object.entries(made.packages).filter(([one]) => one in here.packages);
	const missing = packages.flatMap(([one]) => (here.packages[one] === null ? [code(one)] : []));
	const other = packages.flatMap(([one, version]) => {
		const has = here.packages[one];
		return has === null || has === undefined || has === version
			? []
			: [`${code(one)} is ${plain(has)} (made with ${plain(version)})`];
	});
	if (missing.length > 0) said.push(`${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`);
	if (other.length > 0) said.push(listed(other));
	return said.length === 0 ? null : `Different here: ${said.join('; ')}.`;
}

/**
 * The kernelspec that comes nearest: the one of the same name and language; else one of the language whose title names the
 * same version; null where the choice is as good as any.
 */
export function nearestSpec(specs: readonly KernelSpec[], made: PaperEnvironment): KernelSpec | null {
	const language = made.language?.toLowerCase() ?? null;
	const fitting = specs.filter((spec) => language === null || spec.language.toLowerCase() === language);
	const same = fitting.find((spec) => spec.name === made.kernelspec?.name);
	if (same) return same;
	const version = made.languageVersion && minor(made.languageVersion);
	if (!version) return null;
	const named = new RegExp(`(^|[^\\d.])${version.replaceAll('.', '\\.')}(?![\\d])`);
	return fitting.find((spec) => named.test(spec.displayName)) ?? null;
}

function minor(version: string): string {
	return version.split('.').slice(0, 2).join('.');
}

function languageName(language: string): string {
	return /^i?python\d?$/i.test(language) ? 'Python' : plain(language);
}

function listed(words: readonly string[]): string {
	const left = words.length - MOST;
	return [...words.slice(0, MOST), ...(left > 0 ? [`${left} more`] : [])].join(', ');
}

/** As Markdown code; a name has no backtick. */
function code(text: string): string {
	return `\`${text.replace(/[`\n]/g, '').slice(0, 80)}\``;
}

function plain(text: string): string {
	return text.replace(/[^\w.+-]/g, '').slice(0, 40);
}
