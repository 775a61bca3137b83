/**
 * The only file that reads the environment. Everything is checked at the start and every bad variable is named at once;
 * rooms get their part as an argument. Secrets may also come from a file named by `<VARIABLE>_FILE`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { readNetwork } from '#lib/model/ip-address.ts';

export interface Config {
	port: number;
	host: string;
	/** What people type, without a trailing slash. */
	origin: string;
	/** Where untrusted content lives: another host name than `origin`. */
	userContentOrigin: string;
	/** Other spellings of our own origin a page may come from (this machine's names while none was set). */
	origins: string[];
	dataDir: string;
	/** null: the server brings its own PostgreSQL under `dataDir`. */
	databaseUrl: string | null;
	logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
	/** The Python that makes environments on this machine. */
	python: string;
	/** An environment with ipykernel to use for kernels on this machine instead of making one. */
	localEnvironment: string | null;
	/** The server that takes our mail, and whom it is from; null: people are told in the browser only. */
	mail: { url: string; from: string } | null;
	/** Reading of git repositories that papers are published from. */
	git: {
		/** Networks (CIDR) that may be asked although they are private. */
		networks: string[];
		/** A file with the certificates that are trusted instead of the usual ones; null: the usual ones. */
		certificates: string | null;
	};
	/** What administrators' own workspaces may use of the account the server runs as. */
	serverSsh: {
		/** Its `ssh` program, with its configuration, known_hosts, certificates and tickets. */
		system: boolean;
		/** The socket of its ssh-agent. */
		agentSocket: string | null;
		/** What the `ssh` program gets of our environment: nothing that could be a secret. */
		environment: Record<string, string>;
	};
}

/** All that is wrong with the environment, one line a variable. */
export class ConfigError extends Error {
	readonly faults: string[];

	constructor(faults: string[]) {
		super(`The configuration cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
		this.name = 'ConfigError';
		this.faults = faults;
	}
}

const PORT_RANGE = 'must be a number from 1 to 65535';
const port = v.pipe(
	v.string(),
	v.regex(/^\d{1,5}$/, PORT_RANGE),
	v.transform(Number),
	v.minValue(1, PORT_RANGE),
	v.maxValue(65_535, PORT_RANGE)
);
const origin = v.pipe(
	v.string(),
	v.url('must be a URL like https://notebooks.example.org'),
	v.check((text) => {
		// Also asked where the check before has failed.
		const url = URL.canParse(text) ? new URL(text) : null;
		if (url === null) return true;
		return /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.username === '';
	}, 'must be scheme and host only'),
	v.transform((text) => new URL(text).origin)
);

const variables = {
	PORT: v.optional(port, '3000'),
	HOST: v.optional(v.pipe(v.string(), v.minLength(1)), '127.0.0.1'),
	ORIGIN: v.optional(origin),
	USER_CONTENT_ORIGIN: v.optional(origin),
	DATA_DIR: v.optional(v.pipe(v.string(), v.minLength(1)), './data'),
	DATABASE_URL: v.optional(v.pipe(v.string(), v.regex(/^postgres(ql)?:\/\//, 'must start with postgres://'))),
	SERVICES: v.optional(
		v.literal('web,collab,gateway', 'only web,collab,gateway in one process is supported by this version'),
		'web,collab,gateway'
	),
	LOG_LEVEL: v.optional(v.picklist(['fatal', 'error', 'warn', 'info', 'debug', 'silent']), 'warn'),
	PYTHON: v.optional(v.pipe(v.string(), v.minLength(1)), 'python3'),
	LOCAL_ENVIRONMENT: v.optional(v.pipe(v.string(), v.minLength(1))),
	SMTP_URL: v.optional(
		v.pipe(
			v.string(),
			v.check(
				(text) =>
					URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== '',
				'must be a URL like smtps://user:password@mail.example.org'
			)
		)
	),
	SERVER_SSH: v.optional(
		v.pipe(
			v.string(),
			v.transform((text) => text.split(',').map((word) => word.trim())),
			v.array(v.picklist(['system', 'agent'], 'must be system, agent, or both with a comma'))
		)
	),
	SSH_AUTH_SOCK: v.optional(v.string()),
	GIT_NETWORKS: v.optional(
		v.pipe(
			v.string(),
			v.transform((text) => text.split(',').map((word) => word.trim())),
			v.array(
				v.pipe(
					v.string(),
					v.check((text) => readNetwork(text) !== null, 'must be networks like 10.20.0.0/16, with commas')
				)
			)
		)
	),
	GIT_CERTIFICATES: v.optional(
		v.pipe(
			v.string(),
			v.check((path) => existsSync(path), 'must be a file with certificates (PEM)'),
			v.transform((path) => resolve(path))
		)
	),
	MAIL_FROM: v.optional(
		v.pipe(
			v.string(),
			v.regex(
				/^([^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/,
				'must be an address like Ansatz <ansatz@example.org>'
			)
		)
	)
} as const;

const SSH_ENVIRONMENT = [
	...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TMPDIR', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK'],
	...['KRB5CCNAME', 'KRB5_CONFIG', 'KRB5_CLIENT_KTNAME']
];

/** Read and check the environment. Throws ConfigError with every fault. */
export function readConfig(environment: Record<string, string | undefined>): Config {
	const faults: string[] = [];
	const read = <K extends keyof typeof variables>(name: K): v.InferOutput<(typeof variables)[K]> => {
		const result = v.safeParse(variables[name], fromFileOr(name, environment, faults));
		if (!result.success) faults.push(`${name}: ${result.issues.map((issue) => issue.message).join('; ')}`);
		return (result.success ? result.output : undefined) as v.InferOutput<(typeof variables)[K]>;
	};
	read('SERVICES');
	const values = {
		port: read('PORT'),
		host: read('HOST'),
		origin: read('ORIGIN'),
		userContentOrigin: read('USER_CONTENT_ORIGIN'),
		dataDir: read('DATA_DIR'),
		databaseUrl: read('DATABASE_URL'),
		logLevel: read('LOG_LEVEL'),
		python: read('PYTHON'),
		localEnvironment: read('LOCAL_ENVIRONMENT'),
		smtpUrl: read('SMTP_URL'),
		mailFrom: read('MAIL_FROM'),
		serverSsh: read('SERVER_SSH') ?? [],
		agentSocket: read('SSH_AUTH_SOCK'),
		gitNetworks: read('GIT_NETWORKS') ?? [],
		gitCertificates: read('GIT_CERTIFICATES') ?? null
	};
	const site = values.origin ?? `http://localhost:${values.port}`;
	const content = values.userContentOrigin ?? (values.origin ? site : `http://127.0.0.1:${values.port}`);
	// Cookies know no ports: only another host keeps them away from what others wrote.
	if (values.userContentOrigin && new URL(values.userContentOrigin).hostname === hostOf(site)) {
		faults.push('USER_CONTENT_ORIGIN: must be on another host name than ORIGIN');
	}
	if (values.smtpUrl && !values.mailFrom && !faults.some((fault) => fault.startsWith('MAIL_FROM'))) {
		faults.push('MAIL_FROM: is missing: with SMTP_URL it says whom our mail is from');
	}
	if (values.serverSsh.includes('agent') && !values.agentSocket) {
		faults.push('SERVER_SSH: agent needs the SSH_AUTH_SOCK of a running ssh-agent');
	}
	if (faults.length > 0) throw new ConfigError(faults);
	return {
		port: values.port,
		host: values.host,
		origin: site,
		userContentOrigin: content,
		origins: [site],
		dataDir: resolve(values.dataDir),
		databaseUrl: values.databaseUrl ?? null,
		logLevel: values.logLevel,
		python: values.python,
		localEnvironment: values.localEnvironment ? resolve(values.localEnvironment) : null,
		mail: values.smtpUrl && values.mailFrom ? { url: values.smtpUrl, from: values.mailFrom } : null,
		git: { networks: values.gitNetworks, certificates: values.gitCertificates },
		serverSsh: {
			system: values.serverSsh.includes('system'),
			agentSocket: values.serverSsh.includes('agent') ? (values.agentSocket ?? null) : null,
			environment: Object.fromEntries(
				SSH_ENVIRONMENT.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))
			)
		}
	};
}

/** The host name of an origin; empty where its parts were refused already. */
function hostOf(site: string): string {
	return URL.canParse(site) ? new URL(site).hostname : '';
}

/** The configuration of this process. */
export function processConfig(): Config {
	return readConfig(process.env);
}

/** Largest request body: a notebook of 50 MB and what wraps it. Each call has its own, smaller limit. */
const MAX_BODY = '52M';

/**
 * What SvelteKit's handler for Node reads from the environment when it is imported; our configuration decides it, so
 * that there are not two places to set one thing.
 */
export function configureHandler(config: Config): void {
	process.env.ORIGIN = config.origin;
	process.env.BODY_SIZE_LIMIT = MAX_BODY;
}

function fromFileOr(
	name: string,
	environment: Record<string, string | undefined>,
	faults: string[]
): string | undefined {
	const file = environment[`${name}_FILE`];
	if (!file || environment[name]) return environment[name] || undefined;
	try {
		return readFileSync(file, 'utf8').trim();
	} catch (error) {
		faults.push(`${name}_FILE: ${error instanceof Error ? error.message : String(error)}`);
		return undefined;
	}
}
