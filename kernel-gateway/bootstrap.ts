import { ProblemError } from '#lib/model/problem.ts';
import { Checks } from './checks.ts';
import { bootProblem, lostWhileStarting, noAnswer, noShell, otherProtocol, tooNoisy } from './problems.ts';
import type { Command } from './transport.ts';
import type { Zipapp } from './zipapp.ts';

/** What the agent says about itself before the first frame. */
export interface Hello {
	protocol: number;
	/** SHA-256 of the agent that answers; another one than ours while its kernels live. */
	agent: string;
	python: string;
	host: string;
	user: string;
	pid: number;
	/** Changes with every boot of the machine. */
	boot: string;
	/** Where the program or its files had to be put because the home folder cannot hold them; absent otherwise. */
	place?: string;
}

export const PROTOCOL = 1;

const START = 'ANSATZ-START';

/** Sent at once: empty lines for login scripts that ask something, and where ours begins. */
export const PREAMBLE = '\n'.repeat(16) + START + '\n';

/** Login scripts may print so much before our first line. */
export const NOISE_LIMIT = 64 * 1024;

const DOING = {
	shell: 'Starting a shell',
	python: 'Looking for Python',
	agent: 'Starting our program'
};

const STORE_ELSEWHERE =
	'Make room in the home folder (quota), or make ~/.cache writable; what lies in a temporary folder may be deleted.';

const NEWER = Array.from({ length: 8 }, (_, index) => `python3.${15 - index}`);

/**
 * The command that starts the agent, for any login shell: one line, its only single quotes around the whole, so that
 * csh and fish read it as sh does. It looks for the first Python that is new enough among `pythons`, the usual names
 * and the named environments (paths with characters that a quoted word cannot hold are left out), and says why not.
 * Standard input is read up to the line START first: login scripts may take lines of it, and what they leave is ours.
 */
export function bootCommand(options: {
	bootstrap: string;
	pythons?: readonly string[];
	environments?: readonly string[];
	/** The agent's runtime folder, where it is not to choose one itself. */
	runtime?: string | undefined;
	/** Which of our programs to become, and its arguments; the way to the daemon without it. */
	args?: readonly string[];
}): string {
	const named = [...new Set([...(options.pythons ?? []), 'python3', 'python', ...NEWER])];
	const inFolders = (options.environments ?? []).map((folder) => `${folder}/bin/python3`);
	const candidates = [...named, ...inFolders].flatMap((path) => word(path) ?? []).join(' ');
	const runtime = options.runtime === undefined ? undefined : word(options.runtime);
	const args = (options.args ?? []).map((text) => {
		const quoted = word(text);
		if (quoted === undefined) throw new Error(`“${text}” cannot be an argument of our program`);
		return ` ${quoted}`;
	});
	const load =
		'import sys;sys.path[:]=[p for p in sys.path if p];import base64;exec(base64.b64decode(sys.argv[1]))';
	const test = 'import sys;print(sys.version.split()[0]);sys.exit(sys.version_info<(3,8))';
	const script = [
		'echo', // ends a line that a login script left open
		...(runtime ? [`ANSATZ_RUNTIME=${runtime}`, 'export ANSATZ_RUNTIME'] : []),
		`while read -r l; do test "$l" = ${START} && break; done`,
		'old=',
		`for p in ${candidates}; do v=$("$p" -c "${test}" 2>/dev/null </dev/null) && ` +
			`exec "$p" -c "${load}" ${Buffer.from(options.bootstrap).toString('base64')}${args.join('')}`,
		'if test -n "$v"; then old="$old $p is $v,"; fi; done',
		'if test -n "$old"; then c=old-python; m="$old needed is 3.8"; else c=no-python; m="no python3 in $PATH"; fi',
		'echo "ANSATZ-FAIL {\\"code\\": \\"$c\\", \\"message\\": \\"$m\\"}"',
		'exit 97'
	].join('; ');
	return `exec /bin/sh -c '${script}'`;
}

/** A path as a word inside our single quotes; `~/` becomes the home folder. Undefined where that cannot be written. */
function word(path: string): string | undefined {
	if (/['"!`$\\]|\p{C}/u.test(path)) return undefined;
	return path.startsWith('~/') ? `"$HOME/${path.slice(2)}"` : `"${path}"`;
}

/**
 * Sees the command through to the agent's hello, sending the zipapp when the other side does not have it. Leaves
 * `output` paused with everything that followed the hello still in it. Rejects with ProblemError.
 */
export function boot(
	command: Command,
	zipapp: Zipapp,
	where: string,
	limit: number,
	checks: Checks = new Checks()
): Promise<Hello> {
	const { input, output } = command;
	return new Promise((resolve, reject) => {
		let held: Buffer = Buffer.alloc(0);
		let noise = '';
		let noisy = 0;
		let started = false;
		let settled = false;
		let place = '';
		let stage: 'shell' | 'python' | 'agent' = 'shell';
		const enter = (next: typeof stage): void => {
			if (stage === 'shell' && next !== 'shell') checks.ok('shell', 'Runs commands');
			stage = next;
			checks.doing(stage, DOING[stage]);
		};
		const timer = setTimeout(() => fail(noAnswer(where, limit / 1000, said())), limit);
		const said = (): string => `${command.errorText()}\n${noise}`;

		const end = (): void => {
			settled = true;
			clearTimeout(timer);
			output.off('data', read);
			output.pause();
		};
		const fail = (problem: ConstructorParameters<typeof ProblemError>[1]): void => {
			if (settled) return;
			end();
			command.kill();
			checks.failed(stage, problem);
			reject(new ProblemError(502, problem));
		};
		const line = (text: string): void => {
			const [, word, json] = /^ANSATZ-(BOOT|PLACE|HELLO|FAIL) (\{.*\})\s*$/.exec(text) ?? [];
			const fields = word ? parse(json!) : undefined;
			if (!fields) {
				noise = (noise + text + '\n').slice(-2000);
				noisy += text.length + 1;
			} else if (word === 'FAIL') {
				if (stage === 'shell') enter('python');
				if (stage === 'python' && !/-python$/.test(String(fields.code))) enter('agent');
				fail(bootProblem(where, fields));
			} else if (word === 'BOOT') {
				started = true;
				enter('python');
				checks.ok('python', `Python ${String(fields.python)}`);
				enter('agent');
				if (fields.have !== true) {
					checks.doing('agent', `Sending our program, ${Math.ceil(zipapp.bytes.length / 1000)} kB`);
					input.write(zipapp.bytes);
				}
			} else if (word === 'PLACE') place = String(fields.folder);
			else if (fields.protocol !== PROTOCOL) fail(otherProtocol(where, fields.protocol));
			else {
				end();
				if (held.length) output.unshift(held);
				if (place) checks.warning('agent', `Our program runs, kept in ${place}`, STORE_ELSEWHERE);
				else checks.ok('agent', 'Our program runs');
				resolve({ ...(fields as unknown as Hello), ...(place ? { place } : {}) });
			}
		};
		const read = (chunk: Buffer): void => {
			held = held.length ? Buffer.concat([held, chunk]) : chunk;
			for (let at = held.indexOf(10); at >= 0 && !settled; at = held.indexOf(10)) {
				const text = held.toString('utf8', 0, at);
				held = held.subarray(at + 1);
				line(text);
			}
			if (noisy + held.length > NOISE_LIMIT) fail(tooNoisy(where, noise || held.toString('utf8', 0, 500)));
		};
		output.on('data', read);
		enter('shell');
		input.write(PREAMBLE);
		void command.ended.then(({ code }) => {
			fail(started || code === null ? lostWhileStarting(where, said()) : noShell(where, code, said()));
		});
	});
}

function parse(json: string): Record<string, unknown> | undefined {
	try {
		return JSON.parse(json) as Record<string, unknown>;
	} catch {
		return undefined;
	}
}
