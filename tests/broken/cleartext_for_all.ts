/** BROKEN ON PURPOSE: every pair may do without TLS, whatever its policy. Stands for policy/cleartext.ts. */
export * from "../../policy/cleartext.ts";

export const takesCleartext = (): boolean => true;
