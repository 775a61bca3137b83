import { customType, timestamp } from 'drizzle-orm/pg-core';

/** PostgreSQL `bytea` as a Uint8Array; drizzle has no such column of its own. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
	dataType: () => 'bytea',
	toDriver: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
	fromDriver: (value) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
});

export const createdAt = () => timestamp({ withTimezone: true }).notNull().defaultNow();
