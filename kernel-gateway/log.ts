/** What the gateway needs of a logger; pino fits. No secret and no content of a message is ever passed to it. */
export interface Log {
	debug(fields: object, message: string): void;
	info(fields: object, message: string): void;
	warn(fields: object, message: string): void;
}

export const SILENT: Log = { debug() {}, info() {}, warn() {} };
