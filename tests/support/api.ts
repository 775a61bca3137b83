/** The HTTP interface as a script sees it: calls with a token, and the shape every refusal must have. */
import { expect } from 'vitest';
import type { ServerProcess } from './server-process.ts';

export interface Answer {
	status: number;
	headers: Headers;
	/** Parsed when it is JSON, else the text (a notebook file too). */
	body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a test expects of it, it says itself
	bytes: Buffer;
}

export type Call = (
	method: string,
	path: string,
	body?: unknown,
	headers?: Record<string, string>
) => Promise<Answer>;

/** Calls with a Bearer token, or without any for null. A string goes out as it is, all else as JSON. */
export function caller(server: ServerProcess, token: string | null): Call {
	return async (method, path, body, headers = {}) => {
		const response = await fetch(server.origin + path, {
			method,
			redirect: 'manual',
			headers: {
				...(token === null ? {} : { Authorization: `Bearer ${token}` }),
				...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
				...headers
			},
			...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
		});
		const bytes = Buffer.from(await response.arrayBuffer());
		const json = /^application\/(problem\+)?json$/.test(response.headers.get('content-type') ?? '');
		const text = bytes.toString('utf8');
		return {
			status: response.status,
			headers: response.headers,
			body: json ? JSON.parse(text) : text,
			bytes
		};
	};
}

/** The answer is an RFC 9457 problem of this status and code, and says what happened. */
export function expectProblem(answer: Answer, status: number, code: string): void {
	expect([answer.status, answer.body]).toEqual([
		status,
		expect.objectContaining({
			type: `urn:ansatz:problem:${code}`,
			status,
			code,
			title: expect.stringMatching(/\.$/)
		})
	]);
	expect(answer.headers.get('content-type')).toBe('application/problem+json');
	expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
}
