/** Where a batch run goes: the person's workspaces, and of the chosen one its batch systems and kernels. */
import type { Offer, Resources } from '#lib/model/job.ts';
import { plainResources } from '#lib/model/job.ts';
import type { NotebookPreferences, WorkspacePreferences } from '#lib/model/preference.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';
import { api, problemOf } from './api.ts';
import { PreferenceScope } from './preferences.svelte.ts';
import type { WorkspaceListing } from './workspace-listing.ts';

type Last = NonNullable<NotebookPreferences['batch']>;
type Presets = NonNullable<WorkspacePreferences['presets']>;

export class BatchPlace {
	workspaces = $state.raw<WorkspaceListing[] | null>(null);
	problem = $state.raw<Problem | null>(null);
	workspace = $state<string | null>(null);
	/** Null while it is asked. */
	offers = $state.raw<Offer[] | null>(null);
	/** Those of the installation for this workspace. */
	common = $state.raw<Presets>([]);
	specs = $state.raw<KernelSpec[] | null>(null);
	spec = $state.raw<KernelSpec | null>(null);
	resources = $state.raw<Resources | null>(null);
	#arranged = $state.raw(new PreferenceScope<WorkspacePreferences>('', {}));
	readonly #last: Last | undefined;
	readonly #kernel: string | null;

	/** `last`: what was sent from this notebook before. `kernel`: the name of the one that runs in it. */
	constructor(last: Last | undefined, kernel: string | null) {
		this.#last = last;
		this.#kernel = kernel;
	}

	get #listing(): WorkspaceListing | undefined {
		return this.workspaces?.find(({ id }) => id === this.workspace);
	}

	get connected(): boolean {
		const found = this.#listing;
		return found !== undefined && (found.kind === 'local' || found.state === 'connected');
	}

	get offer(): Offer | undefined {
		return this.offers?.find(({ scheduler }) => scheduler === this.resources?.scheduler);
	}

	get presets(): Presets {
		return this.#arranged.values.presets ?? [];
	}

	keepPresets(presets: Presets): void {
		this.#arranged.set('presets', presets.length > 0 ? presets : null);
	}

	/** `chosen`: the one to look at first. */
	async load(chosen?: string | null): Promise<void> {
		this.problem = null;
		try {
			const { workspaces } = await api<{ workspaces: WorkspaceListing[] }>('GET', '/api/workspaces');
			this.workspaces = workspaces;
			const known = workspaces.find(({ id }) => id === (chosen ?? this.#last?.workspace));
			// A machine one has connected to by hand is rather a cluster than this one.
			const first =
				known ??
				workspaces.find(({ kind, state }) => kind === 'ssh' && state === 'connected') ??
				workspaces[0];
			if (first) this.choose(first.id);
		} catch (error) {
			this.problem = problemOf(error);
		}
	}

	choose(id: string): void {
		this.workspace = id;
		this.offers = this.specs = this.spec = this.resources = null;
		if (this.connected) void this.#ask(id);
	}

	chooseSpec(name: string): void {
		this.spec = this.specs?.find((spec) => spec.name === name) ?? null;
	}

	chooseScheduler(name: string): void {
		const offer = this.offers?.find(({ scheduler }) => scheduler === name);
		if (offer) this.resources = plainResources(offer.scheduler);
	}

	async #ask(id: string): Promise<void> {
		const path = `/api/workspaces/${id}`;
		try {
			const [{ offers, presets }, { specs }, { values }] = await Promise.all([
				api<{ offers: Offer[]; presets: Presets }>('GET', `${path}/offers`),
				api<{ specs: KernelSpec[] }>('GET', `${path}/kernelspecs`),
				api<{ values: WorkspacePreferences }>('GET', `/api/preferences?scope=workspace:${id}`)
			]);
			if (this.workspace !== id) return;
			this.#arranged = new PreferenceScope<WorkspacePreferences>(`workspace:${id}`, values);
			this.offers = offers;
			this.common = presets;
			this.specs = specs;
			const last = this.#last?.workspace === id ? this.#last : undefined;
			const again = offers.find(({ scheduler }) => scheduler === last?.resources.scheduler);
			this.resources = again
				? { ...last!.resources }
				: offers[0]
					? plainResources(offers[0].scheduler)
					: null;
			this.spec =
				specs.find(({ name }) => name === last?.kernelspec) ??
				specs.find(({ name }) => name === this.#kernel) ??
				specs.find(({ language }) => language === 'python') ??
				specs[0] ??
				null;
		} catch (error) {
			if (this.workspace === id) this.problem = problemOf(error);
		}
	}
}
