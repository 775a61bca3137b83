/** Names of live documents: `notebook/<id>` and `runtime/<id>`. */
export interface DocumentName {
	kind: 'notebook' | 'runtime';
	notebook: string;
}

/** The parts of a document's name, or null for anything else. */
export function parseDocumentName(name: string): DocumentName | null {
	const match = /^(notebook|runtime)\/([0-9a-zA-Z]{1,64})$/.exec(name);
	return match ? { kind: match[1] as DocumentName['kind'], notebook: match[2]! } : null;
}
