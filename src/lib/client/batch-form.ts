/** The form of a batch run: what is typed for the parameters, as a grid and in words. */
import type { Json } from '#lib/model/json.ts';
import { isText, pointCount, typedValues, valueText } from '#lib/model/parameter-grid.ts';
import type { Parameter } from '#lib/model/parameters.ts';
import { MOST_POINTS } from '#lib/model/sweep.ts';

export interface BatchGrid {
	/** Parameters with values alone. */
	parameters: Record<string, Json[]>;
	/** By the name of the parameter. */
	errors: Record<string, string>;
	count: number;
	/** "12 jobs: 3 × 4". */
	words: string;
	tooMany: boolean;
}

/** What the texts typed for each parameter come to. */
export function batchGrid(known: readonly Parameter[], typed: Record<string, string>): BatchGrid {
	const parameters: Record<string, Json[]> = {};
	const errors: Record<string, string> = {};
	for (const parameter of known) {
		const { name } = parameter;
		const { values, problem } = typedValues(typed[name] ?? '', { text: isText(parameter) });
		if (problem !== null) errors[name] = problem;
		else if (values.length > 0) parameters[name] = values;
	}
	const count = pointCount(parameters);
	const sizes = Object.values(parameters)
		.map(({ length }) => length)
		.filter((length) => length > 1);
	const jobs = `${count} ${count === 1 ? 'job' : 'jobs'}`;
	return {
		...{ parameters, errors, count, tooMany: count > MOST_POINTS },
		words: sizes.length > 1 ? `${jobs}: ${sizes.join(' × ')}` : jobs
	};
}

/** Under a field: the default, its type and comment, or how many values are in it and which. */
export function fieldHint(parameter: Parameter, values: readonly Json[] | undefined): string {
	if (values !== undefined && values.length > 1) {
		const shown = values.slice(0, 6).map(valueText).join(', ');
		return `${values.length} values: ${shown}${values.length > 6 ? ', …' : ''}`;
	}
	const { type, help } = parameter;
	return [type, help].filter(Boolean).join(' · ');
}
