/** Git repositories over https on loopback, as a forge serves them: `git http-backend` behind an https server. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startHttps, type Authority } from './https-server.ts';

export interface GitServer {
	port: number;
	/** Requests so far, as `METHOD /path`. */
	asked: string[];
	/** Set to answer otherwise than git does; returns whether it has. */
	instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
	/** A new repository with these files in one commit, served as /name.git. Returns the commit. */
	create(name: string, files: Record<string, string | Buffer>): string;
	/** Runs git in a repository and returns what it says. */
	git(name: string, args: string[], input?: string | Buffer): string;
	/** The folder of a repository's work tree. */
	folder(name: string): string;
	close(): Promise<void>;
}

const IDENTITY = {
	GIT_AUTHOR_NAME: 'A',
	GIT_AUTHOR_EMAIL: 'a@example.org',
	GIT_COMMITTER_NAME: 'A',
	GIT_COMMITTER_EMAIL: 'a@example.org'
};

/** Only what is served: no configuration of whoever runs the tests. */
const ENVIRONMENT = {
	PATH: process.env.PATH,
	HOME: '/nonexistent',
	GIT_CONFIG_NOSYSTEM: '1',
	GIT_CONFIG_GLOBAL: '/dev/null',
	...IDENTITY
};

export async function startGitServer(authority: Authority): Promise<GitServer> {
	const root = mkdtempSync(join(tmpdir(), 'git-server-'));
	const backend = join(execFileSync('git', ['--exec-path']).toString().trim(), 'git-http-backend');
	const folder = (name: string): string => join(root, name);
	const git = (name: string, args: string[], input?: string | Buffer): string =>
		execFileSync('git', args, {
			cwd: folder(name),
			env: ENVIRONMENT,
			input,
			stdio: ['pipe', 'pipe', 'ignore'],
			maxBuffer: 1 << 28
		})
			.toString()
			.trim();

	const asked: string[] = [];
	const server = await startHttps(authority, (request, response) => {
		asked.push(`${request.method!} ${request.url!}`);
		if (!self.instead?.(request, response)) serve(request, response, root, backend);
	});
	const self: GitServer = {
		port: server.port,
		asked,
		instead: null,
		folder,
		git,
		create(name, files) {
			mkdirSync(folder(name));
			git(name, ['init', '--quiet', '--initial-branch=main']);
			for (const [path, content] of Object.entries(files)) {
				mkdirSync(dirname(join(folder(name), path)), { recursive: true });
				writeFileSync(join(folder(name), path), content);
			}
			git(name, ['add', '--all', '--force']);
			git(name, ['commit', '--quiet', '--message=x']);
			git(name, ['config', 'uploadpack.allowFilter', 'true']);
			return git(name, ['rev-parse', 'HEAD']);
		},
		async close() {
			await server.close();
			rmSync(root, { recursive: true });
		}
	};
	return self;
}

/** One request by CGI (RFC 3875). */
function serve(request: IncomingMessage, response: ServerResponse, root: string, backend: string): void {
	const { pathname, search } = new URL(request.url!, 'https://x');
	const [, name, rest] = /^\/([^/]+)\.git(\/.*)$/.exec(pathname) ?? [];
	if (name === undefined) return void response.writeHead(404).end();
	const child = spawn(backend, {
		env: {
			...ENVIRONMENT,
			GIT_PROJECT_ROOT: root,
			GIT_HTTP_EXPORT_ALL: '1',
			PATH_INFO: `/${name}/.git${rest!}`,
			QUERY_STRING: search.slice(1),
			REQUEST_METHOD: request.method,
			CONTENT_TYPE: request.headers['content-type'] ?? '',
			HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
			GIT_PROTOCOL: String(request.headers['git-protocol'] ?? '')
		},
		stdio: ['pipe', 'pipe', 'ignore']
	});
	request.pipe(child.stdin);
	child.stdin.on('error', () => undefined);
	response.on('close', () => child.kill());
	let head = Buffer.alloc(0);
	child.stdout.on('data', function first(piece: Buffer) {
		head = Buffer.concat([head, piece]);
		const end = head.indexOf('\r\n\r\n');
		if (end === -1) return;
		const headers = head
			.subarray(0, end)
			.toString()
			.split('\r\n')
			.map((line) => line.split(/:\s*/, 2) as [string, string]);
		const status = headers.find(([key]) => key === 'Status')?.[1];
		response.writeHead(
			status ? parseInt(status) : 200,
			Object.fromEntries(headers.filter(([key]) => key !== 'Status'))
		);
		response.write(head.subarray(end + 4));
		child.stdout.off('data', first);
		child.stdout.pipe(response);
	});
}
