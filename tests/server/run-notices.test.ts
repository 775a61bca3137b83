/** Mail about long runs: a real kernel, a real SMTP conversation. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellIds, cellsOf, insertCell, setTitle, sourceOf } from '#lib/model/notebook-doc.ts';
import { readRun } from '#lib/model/runtime-doc.ts';
import type { RunState } from '#lib/model/run.ts';
import type { RunNotices } from '#lib/server/run-notices.ts';
import { startRooms, until, type OpenNotebook, type Person, type TestRooms } from '../support/rooms.ts';
import { startSmtp, type SmtpServer } from '../support/smtp.ts';

let smtp: SmtpServer;
let rooms: TestRooms;
let ada: Person;
let bob: Person;
let id: string;
let open: OpenNotebook;
let cells: string[];

const LONG = 'import time; secret = "do not send"; time.sleep(6); print(secret)';

beforeAll(async () => {
	smtp = await startSmtp();
	rooms = await startRooms({ more: { mail: { url: smtp.url, from: 'Ansatz <ansatz@example.org>' } } });
	ada = await rooms.person('ada', { admin: true });
	bob = await rooms.person('bob');
	({ id } = await rooms.services.notebooks.create(ada.caller));
	await rooms.services.notebooks.setMember(ada.caller, id, 'bob', 'runner');
	open = await rooms.open(ada, id);
	sourceOf(cellsOf(open.doc).get(cellIds(open.doc)[0]!))!.insert(0, '1');
	insertCell(open.doc, 1, { type: 'code', source: LONG });
	insertCell(open.doc, 2, { type: 'code', source: `${LONG}; 1/0` });
	setTitle(open.doc, 'Dijet mass — Überblick');
	cells = cellIds(open.doc);
});
afterAll(async () => {
	open?.close();
	await rooms?.end();
	await smtp?.close();
});

async function run(by: OpenNotebook, cell: string): Promise<RunState> {
	const { runs } = await by.command({ do: 'run', cells: [cell] });
	return until(by.runtimeDoc, () => {
		const found = readRun(by.runtimeDoc, cell);
		return found?.id === runs![0]!.id && found.finishedAt ? found.state : null;
	});
}

test('a person who asked for it gets one mail for a long run, with where and how, and nothing of what was computed', async () => {
	const { notices } = rooms.services;
	expect(await notices.read(ada.caller)).toEqual({
		email: null,
		notifyAfterS: null,
		notifyByMail: false,
		mail: true
	});
	// Nobody has asked for anything yet.
	expect(await run(open, cells[1]!)).toBe('done');
	await notices.write(ada.caller, { email: 'ada@example.org', notifyAfterS: 5, notifyByMail: true });
	expect(await run(open, cells[0]!)).toBe('done');
	expect(await run(open, cells[1]!)).toBe('done');
	const mail = await smtp.next(0);
	expect(mail).toMatchObject({ from: 'ansatz@example.org', to: ['ada@example.org'] });
	expect(mail.headers.subject).toBe('✓ Dijet mass — Überblick: cell 2 finished');
	expect(mail.headers['auto-submitted']).toBe('auto-generated');
	const seconds = Math.round(readRun(open.runtimeDoc, cells[1]!)!.durationMs! / 1000);
	expect(seconds).toBeGreaterThanOrEqual(6);
	expect(mail.text).toContain(`Cell 2 of “Dijet mass — Überblick” finished after ${seconds} seconds.`);
	expect(mail.text).toContain(`${rooms.origin}/notebooks/${id}`);
	expect(mail.text).not.toContain('secret');
	expect(mail.text).not.toContain('do not send');
	expect(smtp.mails).toHaveLength(1);
});

test('an error is told as one, to the person who pressed it and nobody else', async () => {
	await rooms.services.notices.write(bob.caller, {
		email: 'bob@example.org',
		notifyAfterS: 5,
		notifyByMail: true
	});
	const before = smtp.mails.length;
	const theirs = await rooms.open(bob, id);
	expect(await run(theirs, cells[2]!)).toBe('error');
	const mail = await smtp.next(before);
	expect(mail.to).toEqual(['bob@example.org']);
	expect(mail.headers.subject).toBe('✗ Dijet mass — Überblick: cell 3 failed');
	expect(smtp.mails).toHaveLength(before + 1);
	theirs.close();
});

test('the end of batch jobs is told to who sent them, with where their results are', async () => {
	const notices = rooms.services.notices as RunNotices;
	const before = smtp.mails.length;
	const sweep = {
		...{ id: 's', notebookId: id, workspaceId: 'w', folder: '/f', title: 'Dijet\nmass', points: 4 },
		...{ createdBy: bob.caller.user.id, createdAt: new Date(), over: true }
	};
	const end = { sweep, workspaceName: 'Group node', failed: 0, path: `/notebooks/${id}/sweeps/s` };
	notices.sweepEnded({ ...end, seconds: 4 });
	notices.sweepEnded({ ...end, seconds: 125 });
	const mail = await smtp.next(before);
	expect([mail.to, mail.headers.subject]).toEqual([
		['bob@example.org'],
		'✓ Dijet mass: the 4 batch jobs finished'
	]);
	expect(mail.text).toContain('The 4 batch jobs of “Dijet mass” on Group node finished after 2 minutes.');
	expect(mail.text).toContain(`${rooms.origin}/notebooks/${id}/sweeps/s`);
	notices.sweepEnded({ ...end, sweep: { ...sweep, points: 1 }, failed: 1, seconds: 60 });
	expect((await smtp.next(before + 1)).headers.subject).toBe('✗ Dijet mass: the batch job failed');
	await notices.settled();
	expect(smtp.mails).toHaveLength(before + 2);
});

test('what one stops oneself is no news, and without the switch there is no mail', async () => {
	const before = smtp.mails.length;
	const { runs } = await open.command({ do: 'run', cells: [cells[1]!] });
	await until(open.runtimeDoc, () => readRun(open.runtimeDoc, cells[1]!)?.state === 'running');
	await open.command({ do: 'interrupt' });
	await until(open.runtimeDoc, () => readRun(open.runtimeDoc, cells[1]!)?.finishedAt);
	expect(readRun(open.runtimeDoc, cells[1]!)).toMatchObject({ id: runs![0]!.id, state: 'interrupted' });
	await rooms.services.notices.write(ada.caller, {
		email: 'ada@example.org',
		notifyAfterS: 5,
		notifyByMail: false
	});
	expect(await run(open, cells[1]!)).toBe('done');
	await rooms.services.notices.write(ada.caller, {
		email: 'ada@example.org',
		notifyAfterS: 5,
		notifyByMail: true
	});
	expect(await run(open, cells[1]!)).toBe('done');
	await smtp.next(before);
	expect(smtp.mails).toHaveLength(before + 1);
});

test('a mail server that is away changes nothing for the run', async () => {
	await smtp.close();
	expect(await run(open, cells[1]!)).toBe('done');
});
