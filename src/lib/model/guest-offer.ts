/** What guests are offered: people without an account who run the example of a paper. */
import * as v from 'valibot';
import type { WorkspaceId } from './ids.ts';

export interface GuestOffer {
	on: boolean;
	/** Where their kernels run; null before one was chosen. */
	workspace: WorkspaceId | null;
	/** How long a guest may stay. */
	minutes: number;
	/** Of a kernel and all it starts together. */
	cpuSeconds: number;
	memoryMb: number;
	/** Guests at the same time, on the whole site. */
	atOnce: number;
	/** Guests of one network address in an hour. */
	perAddress: number;
}

/** As in a fresh installation. */
export const NO_GUESTS: GuestOffer = {
	on: false,
	workspace: null,
	minutes: 15,
	cpuSeconds: 120,
	memoryMb: 1024,
	atOnce: 4,
	perAddress: 5
};

const whole = (least: number, most: number) =>
	v.pipe(
		v.number('must be a number'),
		v.integer('must be a whole number'),
		v.minValue(least, `must be at least ${least}`),
		v.maxValue(most, `must be at most ${most}`)
	);

/** What a change may say; what is not named stays. */
export const guestOfferSchema = v.partial(
	v.object({
		on: v.boolean('must be true or false'),
		workspace: v.nullable(v.pipe(v.string('must be an id or null'), v.regex(/^[\w-]{1,64}$/, 'is no id'))),
		minutes: v.pipe(
			v.number('must be a number'),
			v.minValue(0.05, 'must be at least 0.05'),
			v.maxValue(240, 'must be at most 240')
		),
		cpuSeconds: whole(1, 36_000),
		memoryMb: whole(128, 1_048_576),
		atOnce: whole(1, 1000),
		perAddress: whole(1, 100_000)
	})
);
