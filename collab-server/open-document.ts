import type { Hocuspocus } from '@hocuspocus/server';

/** A live document held open by the server itself. */
export type OpenDocument = Awaited<ReturnType<Hocuspocus['openDirectConnection']>>;
