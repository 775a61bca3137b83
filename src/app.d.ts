import type { Caller, Services } from '#lib/server/services.ts';

declare global {
	namespace App {
		interface Locals {
			services: Services;
			/** Who is asking; null only on public routes. */
			caller: Caller | null;
		}
		interface Error {
			message: string;
			code?: string;
			detail?: string;
			remedy?: string;
		}
	}
}

export {};
