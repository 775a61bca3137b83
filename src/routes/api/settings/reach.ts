import * as v from 'valibot';
import { isRange, MAX_REACH_ENTRIES, readReachHost, type PortRange } from '#lib/model/reach.ts';

const port = v.number('must be a port number');
const range = v.pipe(
	v.tuple([port, port], 'must be two port numbers, from and to'),
	v.check((pair): pair is PortRange => isRange(pair), 'must be from and to, 1 to 65535')
);

/** The list of places for workspaces. */
export const reachList = v.pipe(
	v.array(
		v.object({
			host: v.pipe(
				v.string('must be a text'),
				v.trim(),
				v.maxLength(300, 'is too long'),
				v.check(
					(host) => 'host' in readReachHost(host),
					'must be a name, a pattern like *.example.org, an address or a network like 10.0.0.0/8'
				)
			),
			ports: v.optional(v.pipe(v.array(range), v.maxLength(50, 'at most 50')), [])
		})
	),
	v.maxLength(MAX_REACH_ENTRIES, `at most ${MAX_REACH_ENTRIES}`)
);
