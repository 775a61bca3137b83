/** The round trip without room and page: from `gateway.send` to the last of reply and idle at its listener, over SSH. */
import { fileURLToPath } from 'node:url';
import { createGateway } from '#gateway/gateway.ts';
import { TEST_ENVIRONMENT } from '../support/python.ts';
import { trusting, type Sshd } from '../support/sshd.ts';

export interface GatewayTimes {
	/** Milliseconds of `n` runs of `1+1`, one after the other. */
	measure(n: number): Promise<number[]>;
	close(): Promise<void>;
}

/** Start a kernel on an account through a gateway of its own. `kernel` is its id. */
export async function openGatewayTimes(sshd: Sshd, kernel: string): Promise<GatewayTimes> {
	const gateway = createGateway({ agentFolder: fileURLToPath(new URL('../../agent', import.meta.url)) });
	const { host, port, user } = sshd;
	const address = {
		kind: 'ssh' as const,
		id: 'bench',
		name: 'bench',
		...{ host, port, user, environments: [TEST_ENVIRONMENT] },
		...{ jumps: [], trust: [trusting(sshd)], way: 'ssh' as const, privileged: false }
	};
	const connected = await gateway.connect(address, {
		signIn: { hop: 0, credential: { kind: 'key', privateKey: sshd.privateKey } }
	});
	if (connected.state !== 'connected') throw new Error(`The account said ${JSON.stringify(connected)}.`);
	const { specs } = await gateway.kernelspecs(address);
	const spec = specs.find(({ environment, name }) => environment === TEST_ENVIRONMENT && name === 'python3');
	if (!spec) throw new Error('The account has no kernelspec of the test environment.');
	await gateway.start('bench', kernel, spec, {});

	let run = '';
	let missing = new Set<string>();
	let done = (): void => undefined;
	const started = new Promise<void>((resolve) => (done = resolve));
	const subscription = gateway.subscribe('bench', kernel, 0, {
		events(events) {
			for (const { type, parent, content } of events) {
				if (type === 'started') done();
				if (parent === run) missing.delete(type === 'status' ? String(content.execution_state) : type);
			}
			if (run !== '' && missing.size === 0) done();
			const { seq } = events.at(-1)!;
			subscription.acknowledge(seq, seq + 1);
		},
		link() {}
	});
	await started;

	let number = 0;
	const once = async (): Promise<number> => {
		run = `run-${++number}`;
		missing = new Set(['execute_reply', 'idle']);
		const over = new Promise<void>((resolve) => (done = resolve));
		const begin = performance.now();
		await gateway.send('bench', kernel, {
			channel: 'shell',
			msgId: run,
			msgType: 'execute_request',
			content: { code: '1+1', silent: false, store_history: true, user_expressions: {}, allow_stdin: false }
		});
		await over;
		return performance.now() - begin;
	};
	return {
		async measure(n) {
			const times: number[] = [];
			for (let i = 0; i < n; i++) times.push(await once());
			return times;
		},
		async close() {
			await gateway.shutdown('bench', kernel);
			await gateway.close();
		}
	};
}
