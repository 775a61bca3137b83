import type { Duplex } from 'node:stream';
import { ProblemError } from '#lib/model/problem.ts';
import type { Link } from './link.ts';
import type { Log } from './log.ts';
import { lineLost, portRefused, refusal } from './problems.ts';
import { AgentSession } from './session.ts';
import { Streams } from './streams.ts';
import type { Timing } from './timing.ts';

/** Without a connection for so long, in milliseconds, the channel is closed. */
const IDLE = 3 * 60_000;

interface Open {
	session: AgentSession;
	streams: Streams;
	where: string;
}

/**
 * The way to services on the nodes of batch jobs: a second conversation with the agent of the login node, over a channel of
 * its own, which carries all connections to all jobs. Opened when it is needed, closed when it has had none for a while.
 */
export class ServiceChannel {
	#link: Link;
	#timing: Timing;
	#log: Log;
	#opening: Promise<Open> | undefined;
	#idle: NodeJS.Timeout | undefined;

	constructor(link: Link, timing: Timing, log: Log) {
		this.#link = link;
		this.#timing = timing;
		this.#log = log;
	}

	/** See KernelGateway.dial. */
	async dial(kernel: string, port: number): Promise<Duplex> {
		const { session, streams, where } = await this.#get();
		const stream = streams.open();
		return new Promise((resolve, reject) => {
			const lost = (): void => reject(new ProblemError(503, lineLost(where)));
			stream.once('close', lost);
			session.request('open-stream', { stream: stream.number, kernel, port }, (reply) => {
				stream.off('close', lost);
				if ('result' in reply) return resolve(stream);
				stream.lost();
				const { code, message } = reply.error;
				reject(
					code === 'no-port'
						? new ProblemError(502, portRefused('the node of the job', port, String(message)))
						: refusal(where, reply.error)
				);
			});
		});
	}

	#get(): Promise<Open> {
		clearTimeout(this.#idle);
		this.#idle = setTimeout(() => void this.#rest(), IDLE);
		this.#idle.unref();
		// a line that is gone takes its channels along, which may not have been heard yet
		if (!this.#link.isUp) this.#opening = undefined;
		this.#opening ??= this.#open();
		return this.#opening;
	}

	#open(): Promise<Open> {
		const opening = (async () => {
			const { command, hello } = await this.#link.command([]);
			const where = `${hello.user}@${hello.host}`;
			const streams = new Streams((fields, bytes) => session.tell('stream', fields, bytes ? [bytes] : []));
			const session: AgentSession = new AgentSession(
				command,
				{
					events() {},
					event: ({ header, attachments }) => header.event === 'stream' && streams.hear(header, attachments),
					closed: (reason) => {
						this.#log.debug({ reason }, 'the channel to services in jobs has ended');
						if (this.#opening === opening) this.#opening = undefined;
						streams.close(new ProblemError(503, lineLost(where)));
					}
				},
				this.#timing
			);
			return { session, streams, where };
		})();
		opening.catch(() => this.#opening === opening && (this.#opening = undefined));
		return opening;
	}

	async #rest(): Promise<void> {
		const open = await this.#opening?.catch(() => undefined);
		if (!open) return;
		if (open.streams.size > 0) {
			this.#idle = setTimeout(() => void this.#rest(), IDLE);
			this.#idle.unref();
		} else open.session.close('nothing goes over it');
	}
}
