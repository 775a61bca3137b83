/**
 * One terminal over its WebSocket: what comes is handed to a screen, and acknowledged when the screen has drawn it, so
 * that no more is ever on the way than a window. A lost connection is tried again and goes on at the same byte.
 */
import {
	INPUT_BYTES,
	PLACE_BYTES,
	TERMINAL_PATH,
	TERMINAL_UNKNOWN,
	type TerminalMessage,
	type TerminalNews,
	type TerminalShare,
	type TerminalWatcher
} from '#lib/model/terminal-message.ts';
import type { Problem } from '#lib/model/problem.ts';

export interface TerminalAddress {
	workspace: string;
	terminal: string;
	/** The notebook it is shown in; null for one's own. */
	notebook: string | null;
}

/** Where the bytes are drawn. */
export interface TerminalScreen {
	/** Draw what stands at this place, and say when it is drawn. */
	write(at: number, bytes: Uint8Array, drawn: () => void): void;
	/** So many bytes are not kept; `modes` sets a fresh screen as it was. `fresh`: nothing was drawn before. */
	gap(bytes: number, modes: string, fresh: boolean): void;
	/** The terminal is there: output up to `to` is old. */
	attached(to: number, cols: number, rows: number): void;
	size(cols: number, rows: number): void;
}

const SIGNED_OUT = 4401;
const ROLE_CHANGED = 4403;
const ACK_BYTES = 32 * 1024;

export class TerminalLink {
	/** `live`: the server is there. `gone`: this terminal is not, or not for this person. */
	state = $state<'connecting' | 'live' | 'away' | 'gone' | 'signed-out'>('connecting');
	/** The line from the server to the workspace. */
	line = $state<'up' | 'lost' | 'closed'>('up');
	problem = $state.raw<Problem | null>(null);
	write = $state(false);
	owner = $state.raw<{ id: string; name: string } | null>(null);
	workspace = $state('');
	people = $state.raw<TerminalWatcher[]>([]);
	/** In which notebooks it is shown; told to the owner only. */
	shares = $state.raw<TerminalShare[]>([]);
	exit = $state.raw<{ status: number | null; signal: string | null } | null>(null);
	/** What was typed last was not taken. */
	refused = $state.raw<Problem | null>(null);

	readonly #address: TerminalAddress;
	readonly #screen: TerminalScreen;
	#socket: WebSocket | undefined;
	#retry: ReturnType<typeof setTimeout> | undefined;
	#tries = 0;
	#closed = false;
	/** Places in the stream: received, drawn, told as drawn. */
	#received = 0;
	#drawn = 0;
	#told = 0;

	constructor(address: TerminalAddress, screen: TerminalScreen) {
		this.#address = address;
		this.#screen = screen;
		this.#open();
	}

	/** Keys. Nothing is kept for later: what nobody saw typed must not run in a minute. */
	type(bytes: Uint8Array): void {
		if (!this.usable) return;
		for (let at = 0; at < bytes.length; at += INPUT_BYTES) {
			this.#socket!.send(bytes.slice(at, at + INPUT_BYTES));
		}
	}

	resize(cols: number, rows: number, redraw = false): void {
		if (this.usable) this.#send({ type: 'resize', cols, rows, redraw });
	}

	/** Typing reaches the program now. */
	get usable(): boolean {
		return this.write && this.state === 'live' && this.line === 'up' && this.exit === null;
	}

	/** Try at once. */
	retry(): void {
		if (this.state === 'away') this.#open();
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#retry);
		this.#socket?.close();
	}

	#open(): void {
		clearTimeout(this.#retry);
		const { workspace, terminal, notebook } = this.#address;
		const query = new URLSearchParams({ workspace, terminal, after: String(this.#received) });
		if (notebook !== null) query.set('notebook', notebook);
		const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
		const socket = new WebSocket(`${scheme}://${location.host}${TERMINAL_PATH}?${query}`);
		socket.binaryType = 'arraybuffer';
		this.#socket = socket;
		socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
			if (this.#socket !== socket) return;
			if (typeof data === 'string') this.#news(JSON.parse(data) as TerminalNews);
			else this.#output(data);
		};
		socket.onclose = ({ code }) => {
			if (this.#socket === socket) this.#lost(code);
		};
	}

	#lost(code: number): void {
		if (this.#closed) return;
		if (code === TERMINAL_UNKNOWN || code === SIGNED_OUT) {
			this.state = code === SIGNED_OUT ? 'signed-out' : 'gone';
			return;
		}
		if (this.state === 'live' || this.#tries > 0) this.state = 'away';
		const pause = code === ROLE_CHANGED ? 0 : Math.min(3000, 200 * 2 ** this.#tries++);
		this.#retry = setTimeout(() => this.#open(), pause * (0.5 + Math.random() / 2));
	}

	#output(data: ArrayBuffer): void {
		const at = Number(new DataView(data).getBigUint64(0));
		const bytes = new Uint8Array(data, PLACE_BYTES);
		const end = (this.#received = at + bytes.length);
		this.#screen.write(at, bytes, () => {
			this.#drawn = end;
			if (this.#drawn - this.#told >= ACK_BYTES || this.#drawn === this.#received) this.#acknowledge();
		});
	}

	#acknowledge(): void {
		this.#told = this.#drawn;
		this.#send({ type: 'ack', at: this.#drawn });
	}

	#news(news: TerminalNews): void {
		switch (news.type) {
			case 'hello':
				this.state = 'live';
				this.line = 'up';
				this.problem = null;
				this.#tries = 0;
				this.write = news.write;
				this.owner = news.owner;
				this.workspace = news.workspace;
				return;
			case 'attached':
				this.line = 'up';
				this.problem = null;
				return this.#screen.attached(news.to, news.cols, news.rows);
			case 'gap':
				this.#screen.gap(news.at - this.#received, news.modes, this.#received === 0);
				return;
			case 'size':
				return this.#screen.size(news.cols, news.rows);
			case 'exit':
				this.exit = { status: news.status, signal: news.signal };
				return;
			case 'people':
				this.people = news.people;
				return;
			case 'shares':
				this.shares = news.shares;
				return;
			case 'link':
				this.line = news.state;
				this.problem = news.problem ?? null;
				// The line is there and the terminal is not: it was closed, or the machine was restarted.
				if (news.state === 'closed' && news.problem?.code === 'agent-no-terminal') this.state = 'gone';
				return;
			case 'refused':
				this.refused = news.problem;
		}
	}

	#send(message: TerminalMessage): void {
		if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
	}
}
