// The file system in which the tests run HTCondor and Slurm: a small Debian that has them, made once. `node
// scripts/pool-root.mjs` makes it by hand, `npm test` where it is missing.
import { spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readdirSync,
	renameSync,
	rmSync,
	writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './prerequisites.mjs';

const SUITE = 'trixie';
const PACKAGES = [
	...['openssh-server', 'htcondor', 'munge', 'slurmctld', 'slurmd', 'slurm-client'],
	...['python3', 'python3-ipykernel', 'python3-numpy', 'python3-matplotlib']
];
/** What a finished root names as its making; another text here makes it anew. */
const WANTED = `${SUITE} minbase 2: ${PACKAGES.join(' ')}`;

const pools = join(root, '.cache', 'pools');
/** Where the root is, once it is made; tests/support/cluster.ts looks there too. */
const poolRoot = join(pools, SUITE);

/**
 * What is run in a mount and process namespace of its own, so that whatever it mounts and starts is gone when it ends, however
 * it ends. $1: the new root, $2: the suite, $3: the mirror or nothing, which is debootstrap's own; then
 * the packages.
 */
const BUILD = `
set -e
root=$1
debootstrap --variant=minbase "$2" "$root" $3
shift 3
# 101 is "do not start services"
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
authorities=/etc/ssl/certs/ca-certificates.crt
if [ -e $authorities ]; then cp $authorities "$root/tmp/authorities"; fi
export DEBIAN_FRONTEND=noninteractive
apt() { chroot "$root" apt-get -qq -o Acquire::https::CaInfo=/tmp/authorities "$@"; }
apt update
apt install -y --no-install-recommends "$@"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root/tmp/authorities"
`;

/** Whether the root is there and is what this file would make. */
function hasPoolRoot() {
	const stamp = join(poolRoot, 'etc', 'pool-root');
	return existsSync(stamp) && readFileSync(stamp, 'utf8').startsWith(`${WANTED}\n`);
}

/**
 * Make the root where it is missing (about two minutes). Answers whether it is there; where it cannot be made it says which
 * tests will not run, and ends the process where tests must not be left out (in CI).
 */
export function preparePoolRoot() {
	if (hasPoolRoot()) return true;
	const problem = cannot() ?? build();
	if (problem === null) return true;
	console.error(
		`${problem} Without it tests/batch/pools.test.ts and the other tests of batch systems do not run.`
	);
	if (process.env.CI) process.exit(1);
	return false;
}

function cannot() {
	if (process.getuid?.() !== 0) return 'Only root can make the root of batch systems.';
	if (spawnSync('debootstrap', ['--version']).error) {
		return 'debootstrap is missing (apt-get install --no-install-recommends debootstrap).';
	}
	return null;
}

/** Answers null, or what went wrong. It is made aside and renamed: an interrupted one must not look finished. */
function build() {
	console.log('Making the root of batch systems in .cache/pools (about two minutes) …');
	mkdirSync(pools, { recursive: true });
	for (const name of readdirSync(pools)) {
		if (name.startsWith('making-')) rmSync(join(pools, name), { recursive: true });
	}
	const aside = mkdtempSync(join(pools, 'making-'));
	// Accounts that are not root live in it.
	chmodSync(aside, 0o755);
	try {
		const { status, stdout, stderr } = spawnSync(
			'unshare',
			[
				...['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', BUILD, 'sh'],
				...[aside, SUITE, mirror(), ...PACKAGES]
			],
			{ encoding: 'utf8', maxBuffer: 2 ** 26 }
		);
		if (status !== 0) {
			const words = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-15).join('\n');
			return `The root of batch systems cannot be made:\n${words}\n`;
		}
		const versions = spawnSync('chroot', [aside, 'dpkg-query', '-W'], { encoding: 'utf8' }).stdout;
		writeFileSync(join(aside, 'etc', 'pool-root'), `${WANTED}\n${versions}`);
		rmSync(poolRoot, { recursive: true, force: true });
		renameSync(aside, poolRoot);
		return null;
	} finally {
		rmSync(aside, { recursive: true, force: true });
	}
}

/** Where this machine gets its own Debian from; empty where it is not one. */
function mirror() {
	const { stdout } = spawnSync(
		'apt-get',
		['indextargets', '--format', '$(REPO_URI)', 'Origin: Debian', 'Label: Debian', 'Component: main'],
		{ encoding: 'utf8' }
	);
	return stdout?.split('\n')[0] ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(preparePoolRoot() ? 0 : 1);
