import * as v from 'valibot';

/** Minutes without use, from `least` to two weeks. */
export const idleMinutes = (least: 0 | 1) =>
	v.pipe(
		v.number('must be a number of minutes or null'),
		v.integer('must be whole minutes'),
		v.minValue(least, `must be ${least} or more`),
		v.maxValue(20_160, 'must be at most 20160, which is two weeks')
	);
