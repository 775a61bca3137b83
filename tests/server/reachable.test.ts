import { expect, test } from 'vitest';
import { mayBeReached } from '#lib/server/reachable.ts';

test.each([
	'169.254.169.254',
	'::ffff:169.254.169.254',
	'fe80::1',
	'fd00:ec2::254',
	'0.0.0.0',
	'::',
	'224.0.0.1',
	'ff02::1'
])('no workspace is on %s', (ip) => {
	expect(mayBeReached({ host: 'metadata', ip })?.code).toBe('address-refused');
});

test.each(['10.1.2.3', '192.168.0.7', '137.226.1.1', '127.0.0.1', '2001:db8::1', '::ffff:10.0.0.1'])(
	'%s may be one',
	(ip) => {
		expect(mayBeReached({ host: 'node', ip })).toBeUndefined();
	}
);
