declare module 'virtual:widget-frame' {
	/** Path of the script that a widget's frame loads. */
	export const WIDGET_BUNDLE: string;
}

declare module '*.css?inline' {
	const text: string;
	export default text;
}

declare module '*.woff2?inline' {
	const url: string;
	export default url;
}
