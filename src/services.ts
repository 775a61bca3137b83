/**
 * Composition: database, gateway, rooms and the server half of the site, in the order they need each other. This file,
 * server.ts, hooks.server.ts and vite.config.ts are the only ones that see all rooms.
 */
import { DrizzleQueryError, eq } from 'drizzle-orm';
import type { IncomingMessage, Server } from 'node:http';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { startCollab, type Collab } from '#collab/start.ts';
import { openDatabase } from '#db/database.ts';
import { notebooks } from '#db/schema.ts';
import { createGateway } from '#gateway/gateway.ts';
import { cellIds, notebookDocName, readTitle } from '#lib/model/notebook-doc.ts';
import { TERMINAL_PATH } from '#lib/model/terminal-message.ts';
import { createAccounts, type AccountsOptions } from '#lib/server/accounts.ts';
import { createAsks } from '#lib/server/asks.ts';
import { createBoundNotebooks, type BoundNotebooksService } from '#lib/server/bound-notebooks.ts';
import { createBrowserKeys } from '#lib/server/browser-keys.ts';
import type { Config } from '#lib/server/config.ts';
import { databaseProblem } from '#lib/server/database-problem.ts';
import { startPostgres } from '#lib/server/embedded-postgres.ts';
import { createHostKeyBook } from '#lib/server/host-key-book.ts';
import { createEnvironments } from '#lib/server/environments.ts';
import { followFolders } from '#lib/server/folder-watches.ts';
import { createBatch } from '#lib/server/batch.ts';
import { withGuests } from '#lib/server/guest-directory.ts';
import { mayGuestJoin } from '#lib/server/guest-rules.ts';
import { createGuests } from '#lib/server/guests.ts';
import { createGpuBoard } from '#lib/server/gpu-board.ts';
import { LocalEnvironment } from '#lib/server/local-environment.ts';
import { createReachable } from '#lib/server/reachable.ts';
import { createNotebooks } from '#lib/server/notebooks.ts';
import { openapi } from '#lib/server/openapi.ts';
import { createMailer } from '#lib/server/mail.ts';
import { createLookupCache } from '#lib/server/lookup-cache.ts';
import { createGitSource } from '#lib/server/git-source.ts';
import { createPaperFiles } from '#lib/server/paper-files.ts';
import { createPaperGit } from '#lib/server/paper-git.ts';
import { CheckTurns } from '#lib/server/paper-check-turns.ts';
import { checkNotice, createPaperChecks } from '#lib/server/paper-checks.ts';
import { createPaperCounts } from '#lib/server/paper-counts.ts';
import { createPaperLookup } from '#lib/server/paper-lookup.ts';
import { createCollections } from '#lib/server/collections.ts';
import { createPaperLetters } from '#lib/server/paper-letters.ts';
import { createPaperModeration } from '#lib/server/paper-moderation.ts';
import { createPaperRuns } from '#lib/server/paper-runs.ts';
import { MOST_NOTEBOOK_BYTES } from '#lib/server/paper-freeze.ts';
import { createPaperSuggestions } from '#lib/server/paper-suggestions.ts';
import { createPapers } from '#lib/server/papers.ts';
import { createPreferences } from '#lib/server/preferences.ts';
import { PERSON_PATH } from '#lib/model/person-line.ts';
import { PersonLines } from '#lib/server/person-lines.ts';
import { PortPasses } from '#lib/server/port-passes.ts';
import { portZone } from '#lib/server/port-place.ts';
import { PortProxy } from '#lib/server/port-proxy.ts';
import { createRooms } from '#lib/server/rooms.ts';
import { createRunNotices } from '#lib/server/run-notices.ts';
import type { Services } from '#lib/server/services.ts';
import { createSessions } from '#lib/server/sessions.ts';
import { createSettings, readSettings, idleRule } from '#lib/server/settings.ts';
import { SweepWatch } from '#lib/server/sweep-watch.ts';
import { createSweeps } from '#lib/server/sweeps.ts';
import { TerminalRoom } from '#lib/server/terminal-room.ts';
import { createTerminals } from '#lib/server/terminals.ts';
import { createVersions } from '#lib/server/versions.ts';
import { createWorkspaceBook, workspaceOwner } from '#lib/server/workspace-book.ts';
import { WorkspaceConnect } from '#lib/server/workspace-connect.ts';
import { createWorkspacePorts } from '#lib/server/workspace-ports.ts';
import { createWorkspaceFiles } from '#lib/server/workspace-files.ts';
import { createWorkspaces } from '#lib/server/workspaces.ts';
import { readCookie } from '#lib/server/cookie.ts';
import type { Database } from '#db/database.ts';

export interface RunningServices {
	services: Services;
	/** Answers requests to the origins of workspaces' web services. */
	portProxy: PortProxy;
	log: pino.Logger;
	db: Database;
	lines: PersonLines;
	/** Store everything, close sockets and connections, stop what was started. Kernels live on. */
	stop(): Promise<void>;
}

/** Start everything but the HTTP listener. Throws ProblemError for what an operator can mend. */
export async function startServices(config: Config, http: Server): Promise<RunningServices> {
	const logger = pino(
		{
			level: config.logLevel,
			redact: SECRETS,
			serializers: { err: (error: Error) => pino.stdSerializers.err(withoutQuery(error)) }
		},
		pino.destination(2)
	);
	const postgres = config.databaseUrl === null ? await startPostgres(config.dataDir) : null;
	const database = await openDatabase(config.databaseUrl ?? postgres!.address).catch((error: unknown) => {
		throw databaseProblem(error, config.databaseUrl);
	});
	const { db } = database;
	const secure = config.origin.startsWith('https://');
	const sessions = createSessions(db, { secure });
	const environment = new LocalEnvironment(config.dataDir, config.python, config.localEnvironment);
	const lines = new PersonLines({ ownerOf: (workspace) => workspaceOwner(db, workspace), logger });
	const reachable = createReachable({ db, databaseUrl: config.databaseUrl });
	await reachable.refresh();
	const gateway = createGateway({
		agentFolder: fileURLToPath(new URL('../agent', import.meta.url)),
		python: config.python,
		localRuntime: runtimeFolder(config.dataDir),
		ask: lines.ask,
		permit: reachable.permit,
		jobLease: async () => 60 * ((await readSettings(db)).jobLeaseMinutes ?? 24 * 60),
		jobWay: async () => (await readSettings(db)).jobWay,
		onLink: (workspace, state) => {
			connect.linkChanged(workspace, state);
			if (state !== 'up') return;
			bound?.workspaceUp(workspace);
			watch?.follow(workspace);
			checks?.lookAround();
		},
		...(config.serverSsh.agentSocket ? { agentSocket: config.serverSsh.agentSocket } : {}),
		...(config.serverSsh.system ? { systemSsh: { env: config.serverSsh.environment } } : {}),
		log: logger
	});
	const hostKeys = createHostKeyBook(db);
	const browserKeys = createBrowserKeys(db);
	const directory = createWorkspaceBook(db, environment, hostKeys);
	const zone = portZone(config.origin, config.userContentOrigin);
	const passes = new PortPasses();
	const portProxy = new PortProxy({ zone, origin: config.origin, passes, dial: gateway.dial, logger });
	const mailer = config.mail === null ? null : createMailer(config.mail.url, config.mail.from);
	const notices = createRunNotices({ db, mailer, origin: config.origin, logger });
	const { system, agentSocket } = config.serverSsh;
	const ways = { system, agent: agentSocket !== null };
	let open: Collab['rooms'] | null = null;
	let bound: BoundNotebooksService | null = null;
	let watch: SweepWatch | null = null;
	let checks: CheckTurns | null = null;
	// Before the gate opens, so that no page that comes early is missed. Rooms not there yet look for themselves.
	const connect = new WorkspaceConnect({
		...{ db, gateway, hostKeys, browserKeys, lines, ways, logger },
		onConnected: (workspace, owner) => open?.workspaceConnected(workspace, owner)
	});
	const onSessionsEnded: AccountsOptions['onSessionsEnded'] = (which) => {
		collab.sockets.endSessions(which);
		passes.end(which);
	};
	const counts = createPaperCounts({ db, logger });
	const guests = createGuests({
		...{ db, gateway, sessions, directory, onSessionsEnded, counts, logger },
		collab: () => collab,
		origin: config.origin
	});
	const terminalRoom = new TerminalRoom({ db, gateway, directory, sockets: () => collab.sockets, logger });
	const collab = await startCollab({
		http,
		elsewhere: (request, socket, head) => portProxy.upgrade(request, socket, head),
		db,
		gateway,
		directory: withGuests(directory, guests),
		origins: config.origins,
		logger,
		async authenticate(request: IncomingMessage) {
			const token = readCookie(request.headers.cookie, sessions.cookieName);
			const found = token ? await sessions.validate(token) : null;
			if (!found) return null;
			const { id, displayName, admin, guestUntil } = found.user;
			if (guestUntil && !mayGuestJoin(new URL(request.url ?? '/', 'http://gate').pathname)) return null;
			return { user: { id, name: displayName, admin }, session: found.digest };
		},
		async onNotebookChanged(notebook, hocuspocus) {
			const doc = hocuspocus.documents.get(notebookDocName(notebook));
			if (!doc) return;
			await db
				.update(notebooks)
				.set({
					title: readTitle(doc).replaceAll('\u0000', ''),
					cells: cellIds(doc).length,
					updatedAt: new Date()
				})
				.where(eq(notebooks.id, notebook));
			bound?.changed(notebook);
		},
		extraRooms: {
			[PERSON_PATH]: (socket, _request, who) => lines.join(socket, who),
			[TERMINAL_PATH]: (socket, request, who) => terminalRoom.join(socket, request, who)
		},
		idleMinutes: async (notebook) => (await idleRule(db, notebook)).minutes,
		onRunEnded(notebook, run, hocuspocus) {
			bound?.changed(notebook);
			const doc = hocuspocus.documents.get(notebookDocName(notebook));
			const at = doc ? cellIds(doc).indexOf(run.cell) : -1;
			notices.ended(run, { notebook, title: doc ? readTitle(doc) : '', cell: at < 0 ? null : at + 1 });
		}
	});
	open = collab.rooms;
	bound = createBoundNotebooks({
		...{ db, collab, gateway, directory, logger },
		tell: (user, news) => lines.send(user, news)
	});
	watch = new SweepWatch({
		...{ db, gateway, directory, logger },
		tell: (user, news) => lines.send(user, news),
		onEnd: (end) => notices.sweepEnded(end)
	});
	void guests.resume();
	watch.begin().catch((error: unknown) => logger.error({ err: error }, 'sweeps are not looked after yet'));
	checks = new CheckTurns({
		...{ db, gateway, directory, logger },
		onTurn(turn) {
			for (const owner of turn.owners) lines.send(owner, { type: 'notice', notice: checkNotice(turn) });
			notices.paperChecked(turn);
		}
	});
	checks.begin();
	const onIdleChanged = (notebook: string | null): void => {
		collab.rooms
			.idleRuleChanged(notebook)
			.catch((error: unknown) => logger.error({ err: error }, 'a room did not hear of its new idle time'));
	};
	// In the background: the page shows how far it is, and a run waits for it.
	environment
		.ready(() => {})
		.catch((error: unknown) => logger.error({ err: error }, 'no Python environment yet'));

	const workspaces = createWorkspaces({
		...{ db, gateway, directory, environment, hostKeys, browserKeys, connect, ways }
	});
	const rooms = createRooms({ db, collab });
	const userAgent = `Ansatz (+${config.origin})`;
	const lookup = createPaperLookup({ userAgent: () => userAgent, cache: createLookupCache() });
	const repositories = join(config.dataDir, 'repositories');
	// what a server that was killed had begun to read
	await rm(repositories, { recursive: true, force: true });
	const source = createGitSource({
		...{ folder: repositories, userAgent, networks: config.git.networks },
		maxFileBytes: MOST_NOTEBOOK_BYTES,
		...(config.git.certificates === null ? {} : { caFile: config.git.certificates })
	});
	const letters = createPaperLetters({
		...{ db, mailer, logger, origin: config.origin },
		notify: (user, notice) => lines.send(user, { type: 'notice', notice })
	});
	const moderation = createPaperModeration({ db, letters });
	const files = createWorkspaceFiles({ gateway, directory });
	followFolders({ lines, files, logger });
	const services: Services = {
		accounts: createAccounts({
			db,
			sessions,
			origin: config.origin,
			onSessionsEnded,
			onSignedOut: (user) => connect.forgetSecrets(user)
		}),
		notebooks: createNotebooks({ db, collab, origin: config.origin, onIdleChanged }),
		workspaces,
		ports: createWorkspacePorts({ db, gateway, collab, workspaces, passes, zone }),
		asks: createAsks(lines),
		bound,
		browserKeys,
		hostKeys,
		environments: createEnvironments({
			db,
			gateway,
			directory,
			onFault: (error) => logger.error({ err: error }, 'an environment was not taken over')
		}),
		batch: createBatch({ db, gateway, directory, collab }),
		gpus: createGpuBoard({
			db,
			gateway,
			directory,
			collab,
			rooms,
			tell: (user, news) => lines.send(user, news)
		}),
		files,
		rooms,
		sweeps: createSweeps({ db, collab, gateway, directory, watch }),
		versions: createVersions({ db, collab }),
		settings: createSettings({
			db,
			onIdleChanged,
			onReachChanged: () => reachable.refresh(),
			tryReach: reachable.tryOut
		}),
		terminals: createTerminals({
			db,
			gateway,
			directory,
			onShareChanged: (...what) => terminalRoom.shareChanged(...what)
		}),
		notices,
		preferences: createPreferences(db),
		papers: createPapers({
			...{ db, collab, lookup, counts, origin: config.origin },
			onWaiting: moderation.waiting
		}),
		paperModeration: moderation,
		collections: createCollections(db),
		paperRuns: createPaperRuns({ db, collab, gateway, directory, counts, origin: config.origin, logger }),
		guests,
		paperFiles: createPaperFiles({ db, origin: config.origin }),
		paperGit: createPaperGit({ db, source, onWaiting: moderation.waiting }),
		paperChecks: createPaperChecks({ db, gateway, directory, turns: checks }),
		paperCounts: counts,
		paperSuggestions: createPaperSuggestions({ db, collab, letters, origin: config.origin }),
		openapi,
		site: { origin: config.origin, userContentOrigin: config.userContentOrigin, secure },
		health: {
			async ready() {
				const database_ = await database.ping().then(
					() => 'ok',
					() => 'the database does not answer'
				);
				return { ok: database_ === 'ok', checks: { database: database_ } };
			}
		}
	};

	return {
		services,
		portProxy,
		log: logger,
		db,
		lines,
		async stop() {
			environment.stop();
			lines.close();
			guests.close();
			await bound?.stop();
			await watch?.stop();
			await checks?.stop();
			await counts.stop();
			await collab.stop();
			await gateway.close();
			await notices.settled();
			await letters.settled();
			mailer?.close();
			await database.close();
			await postgres?.stop();
		}
	};
}

/** Where a secret may be in what is logged by mistake: under its name, as deep as a request or an answer goes. */
const SECRETS = [
	'password',
	'privateKey',
	'passphrase',
	'token',
	'credential',
	'answers',
	'signature'
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`]);

/** A failed query is told by its cause alone: its own message carries the parameters, and those may be anybody's. */
function withoutQuery(error: Error): Error {
	return error instanceof DrizzleQueryError && error.cause ? error.cause : error;
}

/** Where the agent of "This machine" keeps its sockets: one a data folder, short because Unix socket paths are. */
export function runtimeFolder(dataDir: string): string {
	return join(tmpdir(), `ansatz-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
}
