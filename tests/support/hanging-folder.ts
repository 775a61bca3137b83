/** A folder whose file system never answers, as a network disk whose server is gone. Needs root and /dev/fuse. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Mounts FUSE and never reads a request. Whoever waits is set free when the standard input closes. */
const SERVER = `
import ctypes, os, sys
folder = sys.argv[1].encode()
device = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % device
if libc.mount(b"hangs", folder, b"fuse", 0, options):
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
print("mounted", flush=True)
sys.stdin.read()
libc.umount2(folder, 2)
`;

export interface HangingFolder {
	path: string;
	/** Ends it; everybody who waits in it gets an error. */
	end(): Promise<void>;
}

export async function hangingFolder(): Promise<HangingFolder> {
	const path = mkdtempSync(join(tmpdir(), 'hangs-'));
	const server = spawn('python3', ['-c', SERVER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
	const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
	const first = await Promise.race([
		new Promise<string>((resolve) => createInterface({ input: server.stdout }).once('line', resolve)),
		gone.then(() => 'ended')
	]);
	if (first !== 'mounted')
		throw new Error('A hanging file system could not be mounted; is this root, with /dev/fuse?');
	return {
		path,
		async end() {
			server.stdin.end();
			await gone;
			rmdirSync(path);
		}
	};
}
