/** The peer's page: CodeMirror on a shared text over y-websocket, with the same binding as ours. */
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { yCollab } from 'y-codemirror.next';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const doc = new Y.Doc();
const provider = new WebsocketProvider(`ws://${location.host}`, 'room', doc);
const text = doc.getText('text');
new EditorView({
	parent: document.body,
	state: EditorState.create({
		doc: text.toString(),
		extensions: [EditorView.lineWrapping, yCollab(text, provider.awareness)]
	})
});
provider.on('sync', () => (document.body.dataset.ready = 'yes'));
