/**
 * A server for looking at the notebook page and for driving it in tests without a database, accounts or kernels: real
 * Hocuspocus rooms in memory, and a pretended kernel that answers by what the code says. `node tests/client/harness/server.ts [port]`
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Hocuspocus } from '@hocuspocus/server';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createServer as createVite } from 'vite';
import { WebSocketServer } from 'ws';
import type { CommandMessage } from '#lib/model/room-command.ts';
import { writeKernel } from '#lib/model/runtime-doc.ts';
import { buildWidgetFrame } from '#lib/widget-frame/vite-plugin.ts';
import { FRAME_POLICY } from '#lib/render/frame-policy.ts';
import { FRAME_DOCUMENT } from '../../../src/routes/frame/frame-document.ts';
import { widgetDocument, widgetPolicy } from '../../../src/routes/frame/widget/widget-document.ts';
import { api } from './api.ts';
import { FakeKernel } from './fake-kernel.ts';
import { fillDemo } from './demo.ts';
import { fillWidgets, moveWidget } from './widgets.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const kernels = new WeakMap<object, FakeKernel>();

const rooms = new Hocuspocus({
	async onAuthenticate({ connectionConfig, documentName, context }) {
		if (documentName.startsWith('runtime/')) connectionConfig.readOnly = true;
		return context;
	},
	async onLoadDocument({ document, documentName }) {
		if (documentName.startsWith('notebook/')) fillDemo(document, documentName.slice('notebook/'.length));
		else if (documentName.startsWith('runtime/widgets')) fillWidgets(document);
		else writeKernel(document, { state: 'none' });
	},
	async beforeHandleAwareness({ states, context }) {
		for (const [, state] of states) {
			if (!state) continue;
			const name = String(context.name);
			const colour = ([...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 8) + 1;
			state.user = { id: name, name, color: colour };
		}
	},
	async onStateless({ payload, document, connection, documentName }) {
		const id = documentName.slice('notebook/'.length);
		const { n, command } = JSON.parse(payload) as CommandMessage;
		const runtime = rooms.documents.get(`runtime/${id}`);
		if (!runtime) return;
		if (command.do === 'comm')
			moveWidget(runtime, command, (news) => runtime.broadcastStateless(JSON.stringify(news)));
		let kernel = kernels.get(runtime);
		if (!kernel) kernels.set(runtime, (kernel = new FakeKernel(document, runtime)));
		kernel.command(command);
		connection.sendStateless(JSON.stringify({ n, ok: true, result: {} }));
	}
});

export interface Harness {
	url: string;
	stop(): Promise<void>;
}

/** Port 0 takes any free one. */
export async function startHarness(port: number): Promise<Harness> {
	const vite = await createVite({
		root,
		configFile: false,
		logLevel: 'warn',
		plugins: [svelte({ configFile: false })],
		cacheDir: `${root}../../../.cache/vite-harness`,
		server: { middlewareMode: true, hmr: false, fs: { allow: [`${root}../../..`] } }
	});

	const bundle = await buildWidgetFrame();
	const server = createServer((request: IncomingMessage, response: ServerResponse) => {
		if (request.url === bundle.path) response.setHeader('content-type', 'text/javascript').end(bundle.code);
		else if (request.url?.startsWith('/frame/widget')) {
			response.setHeader('content-security-policy', widgetPolicy(bundle.path, [request.headers.host ?? '']));
			response.setHeader('content-type', 'text/html; charset=utf-8').end(widgetDocument(bundle.path));
		} else if (request.url?.startsWith('/frame')) {
			response.setHeader('content-security-policy', FRAME_POLICY);
			response.setHeader('content-type', 'text/html; charset=utf-8').end(FRAME_DOCUMENT);
		} else if (request.url?.startsWith('/api/')) api(request, response);
		else vite.middlewares(request, response);
	});

	const sockets = new WebSocketServer({ noServer: true });
	server.on('upgrade', (request, socket, head) => {
		sockets.handleUpgrade(request, socket, head, (webSocket) => {
			const name = decodeURIComponent(
				/harness=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? 'Somebody'
			);
			const connection = rooms.handleConnection(
				webSocket,
				new Request(`http://${request.headers.host}${request.url}`),
				{
					name
				}
			);
			webSocket.on('message', (data: Buffer) => connection.handleMessage(new Uint8Array(data)));
			webSocket.on('close', (code, reason) => connection.handleClose({ code, reason: reason.toString() }));
		});
	});
	await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	const { port: bound } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${bound}`,
		stop: async () => {
			for (const client of sockets.clients) client.terminate();
			server.closeAllConnections();
			server.close();
			await vite.close();
		}
	};
}

if (import.meta.main) {
	const { url } = await startHarness(Number(process.argv[2] ?? 4300));
	console.log(`Notebook harness at ${url}/`);
}
