/** The kernels of a workspace that are started through its environments. */
import { KIND_WORDS, placeOf, type EnvironmentSetup } from './environment.ts';
import { startedIn } from './environment-prelude.ts';
import type { KernelSpec } from './workspace.ts';

/** Kernelspecs as the workspace's own are: named `environment.kernel`, their argv begins with what sets the environment up. */
export function setupKernels(setups: readonly EnvironmentSetup[]): KernelSpec[] {
	return setups.flatMap((setup) => {
		const { tried } = setup;
		if (!tried?.ok) return [];
		return tried.kernels.map((kernel) => ({
			...kernel,
			name: `${setup.id}.${kernel.name}`,
			displayName: `${setup.name} (${KIND_WORDS[setup.kind]}) · ${innerName(setup, kernel.name)}`,
			argv: startedIn(setup, kernel.argv),
			environment: placeOf(setup)
		}));
	});
}

function innerName({ tried }: EnvironmentSetup, name: string): string {
	const kernel = tried!.kernels.find((each) => each.name === name)!;
	const version = tried!.python?.split('.').slice(0, 2).join('.');
	const plain = name.startsWith('ansatz-python') ? ' (plain)' : '';
	if (kernel.language !== 'python' || version === undefined) return kernel.displayName;
	const several = tried!.kernels.filter(({ language }) => language === 'python').length > 1;
	return several ? kernel.displayName : `Python ${version}${plain}`;
}
