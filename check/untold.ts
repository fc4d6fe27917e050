/** Causes that say nothing about the domain: it could not be told (console.md 3.2, exit code 3). */
import type { Cause } from "../facts/cause.ts";

const UNTOLD: readonly Cause[] = [
  "dns.timeout",
  "dns.unreachable",
  "dns.busy",
  "dns.internal",
  "dns.witness-unavailable",
  "proof.timeout",
  "server.shutdown",
];

export const isUntold = (cause: Cause): boolean => UNTOLD.includes(cause);
