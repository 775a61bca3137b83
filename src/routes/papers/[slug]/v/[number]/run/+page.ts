/** Signed in, one follows how far it is: the only page of papers with a script. */
export const csr = true;
