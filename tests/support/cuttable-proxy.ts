/** A TCP proxy on loopback whose connections a test can cut, as a network does. */
import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface CuttableProxy {
	port: number;
	/** Connections that are open now. */
	readonly open: number;
	/** Destroy all of them; new ones are taken at once. */
	cut(): void;
	close(): Promise<void>;
}

export async function startProxy(target: number): Promise<CuttableProxy> {
	const pairs = new Set<[Socket, Socket]>();
	const server = createServer((client) => {
		const upstream = connect(target, '127.0.0.1');
		const pair: [Socket, Socket] = [client, upstream];
		pairs.add(pair);
		for (const [from, to] of [pair, [upstream, client] as const]) {
			from.setNoDelay(true);
			from.pipe(to);
			// A reset is what is tested.
			from.on('error', () => undefined);
			from.on('close', () => {
				to.destroy();
				pairs.delete(pair);
			});
		}
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const cut = (): void => {
		for (const [client, upstream] of pairs) {
			client.destroy();
			upstream.destroy();
		}
	};
	return {
		port: (server.address() as AddressInfo).port,
		get open() {
			return pairs.size;
		},
		cut,
		close() {
			cut();
			return new Promise((resolve) => server.close(() => resolve()));
		}
	};
}
