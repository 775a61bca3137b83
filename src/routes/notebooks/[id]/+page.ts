/** A live document: it exists in the browser only. */
export const ssr = false;
