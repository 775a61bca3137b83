import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';

/** Our own kernel for a Python without ipykernel (agent/kernelspecs.py): its name, or how it begins. */
const PLAIN = 'ansatz-python';

/**
 * The kernelspec to start: the one asked for by name, else the one the notebook names in its metadata, else Python,
 * else the first. The plain kernel is taken only where it is named or nothing else will do. Throws ProblemError 409
 * where there is none.
 */
export function chooseSpec(
	specs: KernelSpec[],
	wanted: string | null,
	metadata: JsonObject,
	workspaceName: string
): KernelSpec {
	const byName = (name: string | null): KernelSpec | undefined => specs.find((spec) => spec.name === name);
	if (wanted !== null) {
		const spec = byName(wanted);
		if (spec) return spec;
		throw new ProblemError(409, {
			code: 'kernelspec-unknown',
			title: `There is no kernel called “${wanted}” on ${workspaceName}.`,
			detail:
				specs.length > 0 ? `It has ${specs.map((spec) => spec.name).join(', ')}.` : 'It has none at all.',
			remedy: 'Choose another kernel.'
		});
	}
	const plainLast = [
		...specs.filter(({ name }) => !name.startsWith(PLAIN)),
		...specs.filter(({ name }) => name.startsWith(PLAIN))
	];
	const kernelspec = metadata.kernelspec;
	const named =
		typeof kernelspec === 'object' && kernelspec !== null && !Array.isArray(kernelspec)
			? kernelspec
			: ({} as JsonObject);
	const spec =
		byName(typeof named.name === 'string' ? named.name : null) ??
		plainLast.find((candidate) => candidate.language === named.language) ??
		byName('python3') ??
		plainLast.find((candidate) => candidate.language === 'python') ??
		plainLast[0];
	if (spec) return spec;
	throw new ProblemError(409, {
		code: 'no-kernels',
		title: `No Jupyter kernel was found on ${workspaceName}.`,
		detail: 'Neither the Jupyter folders nor the environments named for this workspace have one.',
		remedy: 'Install one there (pip install ipykernel) or name an environment that has one under Workspaces.'
	});
}
