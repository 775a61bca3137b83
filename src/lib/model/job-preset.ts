/** What is asked of a batch system again and again, by a name: a person's own, and what administrators offer to everybody. */
import * as v from 'valibot';
import { resourcesSchema } from './job.ts';
import { isHostLike, readReachHost } from './reach.ts';

export const jobPresetSchema = v.object({
	name: v.pipe(v.string(), v.minLength(1, 'Give it a name.'), v.maxLength(60, 'At most 60 letters.')),
	resources: resourcesSchema
});
export type JobPreset = v.InferOutput<typeof jobPresetSchema>;

/** One for everybody, or for everybody whose workspace is at such a host. */
export const sitePresetSchema = v.object({
	...jobPresetSchema.entries,
	/** A name, a pattern like `login*.cluster.org`, an address or a network, as in the list of places; empty: everywhere. */
	hosts: v.pipe(
		v.string(),
		v.trim(),
		v.maxLength(253, 'At most 253 letters.'),
		v.check(
			(host) => host === '' || 'host' in readReachHost(host),
			'A name, a pattern like login*.cluster.org or an address.'
		),
		v.transform((host) => {
			const read = host === '' ? { host } : readReachHost(host);
			return 'host' in read ? read.host : host;
		})
	)
});
export type SitePreset = v.InferOutput<typeof sitePresetSchema>;

export const sitePresets = v.pipe(
	v.array(sitePresetSchema),
	v.maxLength(100, 'At most 100.'),
	v.check(
		(all) => new Set(all.map(keyOf)).size === all.length,
		'Two for the same batch system and hosts have the same name.'
	)
);

function keyOf({ name, hosts, resources: { scheduler } }: SitePreset): string {
	return JSON.stringify([name, hosts, scheduler]);
}

/** Those for a workspace at a host; without the hosts, which are nobody else's business. */
export function presetsAt(presets: readonly SitePreset[], host: string): JobPreset[] {
	return presets
		.filter(({ hosts }) => hosts === '' || isHostLike(hosts, host))
		.map(({ name, resources }) => ({ name, resources }));
}
