import type { Preferences } from '#lib/model/preference.ts';
import type { Caller, Services } from '#lib/server/services.ts';

declare global {
	namespace App {
		interface Locals {
			services: Services;
			/** Who is asking; null only on public routes. */
			caller: Caller | null;
			/** What they have arranged everywhere; empty where no page is asked for. */
			preferences: Preferences;
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
