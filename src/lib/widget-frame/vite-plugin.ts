/**
 * Builds the bundle of widget frames beside the site: one classic script with its styles and icon font inside, under a
 * name made of its content among the files that are cached for good. `virtual:widget-frame` says where it is.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rollup } from 'vite';

const NAME = 'virtual:widget-frame';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface WidgetBundle {
	/** Path on the server, from the root. */
	path: string;
	code: string;
}

export function widgetFrame(): Plugin {
	let bundle: Promise<WidgetBundle> | undefined;
	const made = () => (bundle ??= buildWidgetFrame());
	let emits = false;
	return {
		name: 'widget-frame',
		configResolved(config) {
			emits = config.command === 'build' && !config.build.ssr;
		},
		resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
		async load(id) {
			if (id !== `\0${NAME}`) return null;
			return `export const WIDGET_BUNDLE = ${JSON.stringify((await made()).path)};`;
		},
		async generateBundle() {
			if (!emits) return;
			const { path, code } = await made();
			this.emitFile({ type: 'asset', fileName: path.slice(1), source: code });
		},
		configureServer(server) {
			server.middlewares.use((request, response, next) => {
				if (!request.url?.startsWith('/_app/immutable/assets/widget-frame.')) return next();
				made()
					.then(({ code }) => response.setHeader('content-type', 'text/javascript').end(code))
					.catch(next);
			});
		}
	};
}

export async function buildWidgetFrame(): Promise<WidgetBundle> {
	const outputs = [
		await build({
			root: here('.'),
			configFile: false,
			logLevel: 'error',
			resolve: { alias: { 'sanitize-html': here('./sanitize.ts') } },
			build: {
				write: false,
				target: 'es2023',
				lib: { entry: here('./main.ts'), formats: ['iife'], name: 'widgetFrame' }
			}
		})
	].flat() as Rollup.RollupOutput[];
	const chunk = outputs[0]!.output[0];
	const hash = createHash('sha256').update(chunk.code).digest('hex').slice(0, 10);
	return { path: `/_app/immutable/assets/widget-frame.${hash}.js`, code: chunk.code };
}
