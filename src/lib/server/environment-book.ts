/** The named environments of workspaces, where they are stored: with their workspace, for this machine with the settings. */
import { eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { settings, workspaces } from '#db/schema.ts';
import type { EnvironmentSetup } from '#lib/model/environment.ts';

/** The machine the server runs on. Whoever uses it runs code as the server's account, so it is for administrators. */
export const LOCAL_WORKSPACE = 'local';

const LOCAL_SETUPS = 'localSetups';

/** Those of one workspace, in the order in which they were made. */
export async function readSetups(
	db: Pick<Database, 'select'>,
	workspace: string
): Promise<EnvironmentSetup[]> {
	if (workspace === LOCAL_WORKSPACE) {
		const [row] = await db.select().from(settings).where(eq(settings.name, LOCAL_SETUPS));
		return (row?.value ?? []) as EnvironmentSetup[];
	}
	const [row] = await db
		.select({ setups: workspaces.setups })
		.from(workspaces)
		.where(eq(workspaces.id, workspace));
	return row?.setups ?? [];
}

/** Change them; two changes at a time go one after the other. `next` answers the new list, or null to leave it. */
export async function changeSetups(
	db: Database,
	workspace: string,
	next: (setups: EnvironmentSetup[]) => EnvironmentSetup[] | null
): Promise<void> {
	await db.transaction(async (tx) => {
		if (workspace === LOCAL_WORKSPACE) {
			await tx.insert(settings).values({ name: LOCAL_SETUPS, value: [] }).onConflictDoNothing();
			const [row] = await tx.select().from(settings).where(eq(settings.name, LOCAL_SETUPS)).for('update');
			const value = next((row?.value ?? []) as EnvironmentSetup[]);
			if (value) await tx.update(settings).set({ value }).where(eq(settings.name, LOCAL_SETUPS));
			return;
		}
		const [row] = await tx
			.select({ setups: workspaces.setups })
			.from(workspaces)
			.where(eq(workspaces.id, workspace))
			.for('update');
		const setups = row && next(row.setups);
		if (setups) await tx.update(workspaces).set({ setups }).where(eq(workspaces.id, workspace));
	});
}
