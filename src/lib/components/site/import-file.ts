/** Send a notebook file to the server as it is: the importer there says line and column of what is wrong with it. */
import { OFFLINE } from '#lib/client/api.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';

const LIMIT_BYTES = 50 * 1024 * 1024;

export async function importFile(file: File): Promise<{ id: string; warnings: string[] }> {
	if (file.size > LIMIT_BYTES) {
		throw new ProblemError(413, {
			code: 'too-large',
			title: 'The file is larger than 50 MB.',
			detail: `It has ${Math.round(file.size / 1024 / 1024)} MB, most of it outputs, as a rule.`,
			remedy: 'Clear large outputs in it and open it again.'
		});
	}
	const title = file.name.replace(/\.(ipynb|json)$/i, '').slice(0, 300);
	let response: Response;
	try {
		response = await fetch(`/api/notebooks?title=${encodeURIComponent(title)}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', accept: 'application/json' },
			body: file
		});
	} catch (cause) {
		throw new ProblemError(0, OFFLINE, { cause });
	}
	const answer = (await response.json().catch(() => null)) as
		{ id: string; warnings: string[] } | Problem | null;
	if (response.ok && answer && 'id' in answer) return answer;
	if (answer && 'title' in answer) throw new ProblemError(response.status, answer);
	throw new ProblemError(response.status, {
		code: `http-${response.status}`,
		title: 'The server could not take it.',
		detail: `It answered with status ${response.status}.`,
		remedy: 'Try again in a moment.'
	});
}
