/** Terminals over a real sshd, on lines that break. */
import { expect, test } from 'vitest';
import { newId } from '#lib/model/ids.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { TerminalListener, TerminalWatch } from '#lib/model/terminal-port.ts';
import { address, gateway, password, proxy, sshd } from './harness.ts';

/** Looks at a terminal and draws everything. */
class Screen implements TerminalListener {
	watch!: TerminalWatch;
	at = 0;
	text = '';
	holes = 0;
	attachments = 0;
	sizes: string[] = [];
	ended: { status: number | null; signal: string | null } | null = null;
	links: { state: string; problem: Problem | undefined }[] = [];
	#waiting = new Set<() => void>();

	attached(): void {
		this.attachments++;
		this.#wake();
	}
	output(at: number, bytes: Uint8Array): void {
		if (at !== this.at) this.holes++;
		this.at = at + bytes.length;
		this.text += Buffer.from(bytes).toString();
		this.watch.acknowledge(this.at);
		this.#wake();
	}
	size(cols: number, rows: number): void {
		this.sizes.push(`${cols}x${rows}`);
		this.#wake();
	}
	exit(status: number | null, signal: string | null): void {
		this.ended = { status, signal };
		this.#wake();
	}
	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		this.links.push({ state, problem });
		this.#wake();
	}
	type(text: string): Promise<void> {
		return this.watch.input(Buffer.from(text));
	}
	until(condition: () => boolean): Promise<void> {
		return new Promise((resolve) => {
			const look = (): void => {
				if (!condition()) return;
				this.#waiting.delete(look);
				resolve();
			};
			this.#waiting.add(look);
			look();
		});
	}
	#wake(): void {
		for (const look of [...this.#waiting]) look();
	}
}

test('every byte is heard once although the line breaks again and again; keys, sizes and the end arrive', async () => {
	const server = await sshd();
	const line = await proxy(server.port);
	const made = gateway();
	const at = address(server, { port: line.port });
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	const terminals = made.terminals(at.id);
	const terminal = newId();
	const how = { cols: 80, rows: 24, argv: ['/bin/sh'], env: { PS1: '> ', ENV: '' } };
	await terminals.start(terminal, how);
	await terminals.start(terminal, how);
	const [screen, other] = [new Screen(), new Screen()];
	for (const one of [screen, other]) one.watch = terminals.attach(terminal, 0, one);
	await screen.until(() => screen.text.includes('> '));
	await screen.type("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo n$i; done; echo en''d\n");
	for (const mark of ['n100\r', 'n3000\r', 'n9000\r']) {
		await screen.until(() => screen.text.includes(mark));
		const before = screen.attachments;
		line.cut();
		await screen.until(() => screen.attachments > before);
	}
	for (const one of [screen, other]) {
		await one.until(() => one.text.includes('end'));
		const numbers = one.text.match(/n\d+(?=\r\n)/g);
		expect(numbers).toEqual(Array.from({ length: 20000 }, (_, n) => `n${n + 1}`));
		expect(one.holes).toBe(0);
	}
	expect(screen.links.map(({ state }) => state)).toEqual(['lost', 'up', 'lost', 'up', 'lost', 'up']);

	screen.watch.resize(132, 43, false);
	await other.until(() => other.sizes.includes('132x43'));
	expect(await terminals.list()).toEqual([
		expect.objectContaining({ terminal, cols: 132, rows: 43, running: null, ended: null, bytes: screen.at })
	]);
	other.watch.close();
	const heard = other.text.length;
	await screen.type('exit 3\n');
	await screen.until(() => screen.ended !== null);
	expect(screen.ended).toEqual({ status: 3, signal: null });
	expect(other.text.length).toBe(heard);
	await expect(screen.type('x')).rejects.toMatchObject({ status: 409 });
	await terminals.close(terminal);
	const late = new Screen();
	late.watch = terminals.attach(terminal, 0, late);
	await late.until(() => late.links.length > 0);
	expect(late.links[0]).toMatchObject({ state: 'closed', problem: { code: 'agent-no-terminal' } });
});

test('without a line one is told so, and goes on when somebody has connected', async () => {
	const server = await sshd();
	const made = gateway();
	const at = address(server);
	const terminals = made.terminals(at.id);
	await expect(terminals.list()).rejects.toMatchObject({ status: 503 });
	const screen = new Screen();
	await made.connect(at, password(server));
	const terminal = newId();
	await terminals.start(terminal, { cols: 80, rows: 24, argv: ['/bin/cat'] });
	await made.disconnect(at.id);
	screen.watch = terminals.attach(terminal, 0, screen);
	await screen.until(() => screen.links.length > 0);
	expect(screen.links[0]).toMatchObject({ state: 'closed', problem: { code: 'workspace-not-connected' } });
	await expect(screen.type('lost\n')).rejects.toMatchObject({ status: 503 });
	await made.connect(at, password(server));
	await screen.until(() => screen.attachments === 1);
	await screen.type('found\n');
	await screen.until(() => screen.text.includes('found'));
	expect(screen.text).not.toContain('lost');
});
