export const openapi = {};
