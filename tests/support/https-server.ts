/** https servers for tests on loopback, for host names of their own, with certificates by an authority that is made for the run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Authority {
	/** Its certificate, and a file that holds it. */
	ca: string;
	caFile: string;
	key: string;
	cert: string;
	remove(): void;
}

/** A new authority, and a certificate for these names by it. */
export function createAuthority(names: string[]): Authority {
	const folder = mkdtempSync(join(tmpdir(), 'authority-'));
	const file = (name: string): string => join(folder, name);
	const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
	const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
	openssl(
		...['req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-days', '2'],
		...['-subj', '/CN=tests', '-addext', 'basicConstraints=critical,CA:TRUE']
	);
	openssl(
		'req',
		...newKey,
		'-keyout',
		file('key.pem'),
		'-out',
		file('request.pem'),
		'-subj',
		`/CN=${names[0]!}`
	);
	writeFileSync(file('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
	openssl(
		...[
			'x509',
			'-req',
			'-in',
			file('request.pem'),
			'-CA',
			file('ca.pem'),
			'-CAkey',
			file('ca.key'),
			'-CAcreateserial'
		],
		...['-days', '2', '-extfile', file('names'), '-out', file('cert.pem')]
	);
	return {
		ca: readFileSync(file('ca.pem'), 'utf8'),
		caFile: file('ca.pem'),
		key: readFileSync(file('key.pem'), 'utf8'),
		cert: readFileSync(file('cert.pem'), 'utf8'),
		remove: () => rmSync(folder, { recursive: true })
	};
}

export interface HttpsServer {
	port: number;
	close(): Promise<void>;
}

export async function startHttps({ key, cert }: Authority, listener: RequestListener): Promise<HttpsServer> {
	const server = createServer({ key, cert }, listener);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.address() as AddressInfo).port,
		close() {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(() => resolve()));
		}
	};
}
