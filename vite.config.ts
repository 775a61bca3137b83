import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { widgetFrame } from './src/lib/widget-frame/vite-plugin.ts';

export default defineConfig({
	plugins: [sveltekit(), widgetFrame()],
	build: { target: 'es2023' }
});
