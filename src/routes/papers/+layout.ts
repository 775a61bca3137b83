/** Public pages are made on the server, are read without a script, and are the same for everybody. */
export const csr = false;
