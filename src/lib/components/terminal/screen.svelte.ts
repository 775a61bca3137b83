/** The drawn terminal: xterm.js with its add-ons, sizes and keys, and the link that feeds it. */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { TerminalLink, type TerminalAddress } from '#lib/client/terminal-link.svelte.ts';
import { bytes as byteWords } from '#lib/client/render/words.ts';
import { answerOnlyWhile } from './answers.ts';
import { followTerminalTheme } from './theme.ts';

const FONT_PX = 14;
const SMALLEST_PX = 8;
const SCROLLBACK = 10_000;

/** What a screen asks of the page around it. */
export interface ScreenWishes {
	/** Several lines that would run at once, one after the other: may they? */
	pasted(text: string): void;
	/** An address behind other words (OSC 8): where it leads has to be seen first. */
	link(address: string): void;
	search(): void;
	copied(text: string): void;
}

export class Screen {
	readonly link: TerminalLink;
	title = $state('');
	/** How many places of a search were found, and which one is shown (from 1). */
	found = $state.raw<{ at: number; of: number } | null>(null);
	readerMode = $state(false);
	/** On touch: the next key is a control key. */
	control = $state(false);

	readonly #terminal: Terminal;
	readonly #fit = new FitAddon();
	readonly #search = new SearchAddon();
	readonly #host: HTMLElement;
	readonly #wishes: ScreenWishes;
	readonly #stop: (() => void)[] = [];
	/** This screen says how large the terminal is; the others show it as it is. */
	#leading: boolean;
	#size: { cols: number; rows: number } | null = null;
	/** Output up to here was written before we came. */
	#old = 0;
	#place = 0;
	#escaped = false;

	/** `leading`: the size is this screen's from the start. */
	constructor(host: HTMLElement, address: TerminalAddress, leading: boolean, wishes: ScreenWishes) {
		this.#host = host;
		this.#wishes = wishes;
		this.#leading = leading;
		const terminal = new Terminal({
			allowProposedApi: true, // marks of the search
			fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-code'),
			fontSize: FONT_PX,
			lineHeight: 1.2,
			scrollback: SCROLLBACK,
			minimumContrastRatio: 4.5,
			disableStdin: true,
			linkHandler: { activate: (_event, address) => wishes.link(address) }
		});
		this.#terminal = terminal;
		terminal.loadAddon(this.#fit);
		terminal.loadAddon(this.#search);
		terminal.loadAddon(
			new WebLinksAddon((event, address) => {
				if (event.ctrlKey || event.metaKey) window.open(address, '_blank', 'noopener,noreferrer');
				else wishes.link(address);
			})
		);
		answerOnlyWhile(terminal, () => this.#leading && this.link.write && this.#place >= this.#old);
		this.#stop.push(followTerminalTheme((theme) => (terminal.options.theme = theme)));
		terminal.open(host);
		this.#draw();
		terminal.onTitleChange((title) => (this.title = title.replace(/\p{C}/gu, '').slice(0, 200)));
		terminal.onData((text) => this.type(text));
		terminal.onBinary((text) => this.link.type(Uint8Array.from(text, (c) => c.charCodeAt(0))));
		this.#search.onDidChangeResults(({ resultIndex, resultCount }) => {
			this.found = { at: resultIndex + 1, of: resultCount };
		});
		terminal.attachCustomKeyEventHandler((event) => this.#key(event));
		host.addEventListener('paste', this.#paste, { capture: true });
		host.addEventListener('focusin', this.#lead);
		const observer = new ResizeObserver(() => this.fit());
		observer.observe(host);
		this.#stop.push(() => observer.disconnect());
		this.link = new TerminalLink(address, {
			write: (at, bytes, drawn) => {
				terminal.write(bytes, () => {
					this.#place = at + bytes.length;
					drawn();
					this.#replayed();
				});
			},
			gap: (bytes, modes, fresh) => this.#gap(bytes, modes, fresh),
			attached: (to, cols, rows) => {
				this.#old = to;
				terminal.options.disableStdin = !this.link.write;
				this.#sized(cols, rows);
				if (this.#leading && this.link.write) this.fit();
				this.#replayed();
			},
			size: (cols, rows) => {
				const own = this.#leading ? this.#fit.proposeDimensions() : undefined;
				if (own?.cols !== cols || own.rows !== rows) this.#leading = false;
				this.#sized(cols, rows);
			}
		});
	}

	focus(): void {
		this.#terminal.focus();
	}

	/** Type text as if by keys. */
	type(text: string): void {
		if (this.control && text.length === 1) {
			this.control = false;
			const code = text.toUpperCase().charCodeAt(0);
			if (code >= 0x40 && code < 0x60) text = String.fromCharCode(code & 0x1f);
		}
		this.#lead();
		this.link.type(new TextEncoder().encode(text));
	}

	/** A key that phones do not have. */
	press(key: 'Escape' | 'Tab' | 'Up' | 'Down' | 'Left' | 'Right'): void {
		const arrows = { Up: 'A', Down: 'B', Right: 'C', Left: 'D' };
		if (key === 'Escape') this.type('\x1b');
		else if (key === 'Tab') this.type('\t');
		else this.type(`\x1b${this.#terminal.modes.applicationCursorKeysMode ? 'O' : '['}${arrows[key]}`);
		this.focus();
	}

	/** Paste, lines and all; the program is told that it is a paste where it wants to know. */
	paste(text: string): void {
		this.#terminal.paste(text);
		this.focus();
	}

	copy(): void {
		const text = this.#terminal.getSelection();
		if (text) this.#wishes.copied(text);
	}

	find(text: string, way: 'typed' | 'next' | 'previous'): void {
		const style = getComputedStyle(document.documentElement);
		const colour = (name: string): string => style.getPropertyValue(name).trim();
		const decorations = {
			matchBackground: colour('--warning-soft'),
			matchOverviewRuler: colour('--warning'),
			activeMatchBackground: colour('--sel'),
			activeMatchBorder: colour('--accent'),
			activeMatchColorOverviewRuler: colour('--accent')
		};
		if (way === 'previous') this.#search.findPrevious(text, { decorations });
		else this.#search.findNext(text, { decorations, incremental: way === 'typed' });
		if (text === '') this.found = null;
	}

	endSearch(): void {
		this.#search.clearDecorations();
		this.found = null;
		this.focus();
	}

	setReaderMode(on: boolean): void {
		this.readerMode = this.#terminal.options.screenReaderMode = on;
	}

	/** The room has another size: the terminal follows where this screen leads, else it is drawn smaller. */
	fit(): void {
		if (!this.#size || this.#host.clientWidth === 0) return;
		if (!this.#leading || !this.link.usable) return this.#scale();
		this.#terminal.options.fontSize = FONT_PX;
		const room = this.#fit.proposeDimensions();
		if (!room || !Number.isFinite(room.cols) || !Number.isFinite(room.rows)) return;
		const cols = Math.min(1000, Math.max(2, room.cols));
		const rows = Math.min(1000, Math.max(1, room.rows));
		if (cols === this.#size.cols && rows === this.#size.rows) return;
		this.#sized(cols, rows);
		this.link.resize(cols, rows);
	}

	close(): void {
		this.#host.removeEventListener('paste', this.#paste, { capture: true });
		this.#host.removeEventListener('focusin', this.#lead);
		for (const stop of this.#stop) stop();
		this.link.close();
		this.#terminal.dispose();
	}

	/** By the graphics card where there is one; a drawn-in-software canvas is slower than the page itself. */
	#draw(): void {
		const probe = document
			.createElement('canvas')
			.getContext('webgl2', { failIfMajorPerformanceCaveat: true });
		if (!probe) return;
		probe.getExtension('WEBGL_lose_context')?.loseContext();
		try {
			const webgl = new WebglAddon();
			webgl.onContextLoss(() => webgl.dispose());
			this.#terminal.loadAddon(webgl);
		} catch {
			// The page's own elements draw it.
		}
	}

	#sized(cols: number, rows: number): void {
		this.#size = { cols, rows };
		if (this.#terminal.cols !== cols || this.#terminal.rows !== rows) this.#terminal.resize(cols, rows);
		if (!this.#leading) this.#scale();
	}

	#scale(): void {
		const room = this.#fit.proposeDimensions();
		if (!room || !this.#size || !Number.isFinite(room.cols)) return;
		const now = this.#terminal.options.fontSize ?? FONT_PX;
		const part = Math.min(room.cols / this.#size.cols, room.rows / this.#size.rows);
		const size = Math.max(SMALLEST_PX, Math.min(FONT_PX, Math.floor(now * part * 2) / 2));
		if (size !== now) this.#terminal.options.fontSize = size;
	}

	/** Who is about to type sees it in full size. */
	#lead = (): void => {
		if (this.#leading || !this.link.write) return;
		this.#leading = true;
		this.fit();
	};

	/** All that was written before is drawn: a full-screen program draws itself anew, for this size. */
	#replayed(): void {
		if (this.#old === 0 || this.#place < this.#old) return;
		this.#old = 0;
		if (this.#terminal.buffer.active.type !== 'alternate' || !this.#leading || !this.#size) return;
		this.link.resize(this.#size.cols, this.#size.rows, true);
	}

	#gap(bytes: number, modes: string, fresh: boolean): void {
		if (!fresh) {
			this.#terminal.reset();
			this.#terminal.write(`\x1b[2m[${byteWords(bytes)} were not kept]\x1b[0m\r\n`);
		}
		this.#terminal.write(modes);
	}

	#key(event: KeyboardEvent): boolean {
		if (event.type !== 'keydown') return true;
		const combined = event.ctrlKey && event.shiftKey && !event.altKey;
		if (combined && event.code === 'KeyC') {
			event.preventDefault();
			this.copy();
			return false;
		}
		// The browser pastes by itself, and we hear of it.
		if (combined && event.code === 'KeyV') return false;
		if ((combined || (event.metaKey && !event.ctrlKey)) && event.code === 'KeyF') {
			event.preventDefault();
			this.#wishes.search();
			return false;
		}
		const leaves = this.#escaped && event.key === 'Tab';
		if (!['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) this.#escaped = event.key === 'Escape';
		return !leaves;
	}

	#paste = (event: ClipboardEvent): void => {
		const text = event.clipboardData?.getData('text/plain') ?? '';
		const runs = /[\r\n]./s.test(text) && !this.#terminal.modes.bracketedPasteMode;
		if (!runs || !this.link.write) return;
		event.preventDefault();
		event.stopPropagation();
		this.#wishes.pasted(text);
	};
}
