/** What is installed beside a kernel of Python or R: asked like its variables, without a trace. */
import { ProblemError } from '#lib/model/problem.ts';
import type { Ask } from './questions.ts';
import { askPython, askR, isPython, isR } from './variables.ts';
import { quietly } from './variables-python.ts';

/** Most packages that are told of, by name; an environment of a cluster's module has some hundreds. */
export const MOST_PACKAGES = 500;
/** Longer than this nobody who publishes waits for it. */
const PATIENCE_S = 10;
const LONGEST = 100;

/** A dict of name → version as one text. Standard library only, Python 3.8 and later. */
const SOURCE = String.raw`
import json
from importlib import metadata

def answer():
    found = {}
    for one in metadata.distributions():
        try:
            name, version = one.metadata["Name"], one.version
        except Exception:
            continue  # a folder that is left of one
        if name and version:
            # the first on the path is the one that is imported
            found.setdefault(str(name), str(version))
    return Answer(json.dumps(found))

class Answer:
    def __init__(self, text):
        self.text = text
    def __repr__(self):
        return self.text
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self.text}
`;

/** Name → version, by name; null where the kernel is busy, slow, or of a language that is not asked. */
export async function packagesOf(ask: Ask, language: string): Promise<Record<string, string> | null> {
	try {
		const text = isPython(language)
			? await askPython(ask, quietly(SOURCE, 'own["answer"]()'), PATIENCE_S)
			: isR(language)
				? await askR(ask, { do: 'packages' }, PATIENCE_S)
				: null;
		return text === null ? null : readPackages(JSON.parse(text));
	} catch (error) {
		if (error instanceof ProblemError || error instanceof SyntaxError) return null;
		throw error;
	}
}

/** What a kernel said, as far as it can be meant: code of the notebook's may have changed what answers. */
export function readPackages(said: unknown): Record<string, string> {
	const pairs = Object.entries(typeof said === 'object' && said !== null ? said : {})
		.filter((pair): pair is [string, string] => typeof pair[1] === 'string')
		.filter(([name, version]) => /^[\w.-]+$/.test(name) && /^[\w.+!-]+$/.test(version))
		.filter(([name, version]) => name.length <= LONGEST && version.length <= LONGEST)
		.sort(([one], [other]) => one.localeCompare(other, 'en', { sensitivity: 'base' }));
	return Object.fromEntries(pairs.slice(0, MOST_PACKAGES));
}
