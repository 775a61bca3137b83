import { expect, test } from 'vitest';
import { address, gateway, password, PYTHON, pythonFolders, sshd } from './harness.ts';

test('a survey of an account reached by SSH: its disk, its machine, the kernels of its environments', async () => {
	const server = await sshd({ readable: pythonFolders() });
	const made = gateway();
	const at = address(server, { environments: [PYTHON] });
	await expect(made.survey(at.id)).rejects.toMatchObject({ status: 503 });
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	const found = await made.survey(at.id);
	expect(found.disk).toMatchObject({ path: server.home, writable: true, problem: null });
	expect(found.disk.total).toBeGreaterThan(0);
	expect(found.kernels).toBeGreaterThan(0);
	expect(found.python).toMatch(/^3\./);
	expect(found.gpus).toEqual([]);
});
