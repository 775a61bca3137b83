import type { Json, JsonObject } from '#lib/model/json.ts';
import type { PaperEnvironment } from '#lib/model/paper/card.ts';

const MOST = 200;

/** What the metadata of a notebook say of the kernel it was run with; `packages` are what the kernel said itself. */
export function environmentOf(
	metadata: JsonObject,
	packages: PaperEnvironment['packages'] = {}
): PaperEnvironment {
	const spec = fields(metadata.kernelspec);
	const info = fields(metadata.language_info);
	const name = text(spec.name);
	return {
		kernelspec: name === null ? null : { name, title: text(spec.display_name) ?? name },
		language: text(info.name) ?? text(spec.language),
		languageVersion: text(info.version),
		packages
	};
}

function fields(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function text(value: Json | undefined): string | null {
	return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, MOST) : null;
}
