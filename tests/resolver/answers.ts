/** DNS answers made by hand, for the code above the resolver. */
import type { Lookup, RecordData, RecordType } from "../../facts/dns.ts";
import type { Ask } from "../../dnssec/resolver.ts";

export type Script = Readonly<Record<string, Partial<Lookup>>>;

/** Answers from the script, by "name TYPE"; what is not in it does not exist, securely. */
export function scripted(script: Script): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = (name, type) => {
    asked.push(`${name} ${type}`);
    return Promise.resolve(answer(name, type, script[`${name} ${type}`] ?? NO_NAME));
  };
  return { ask, asked };
}

export const NO_NAME: Partial<Lookup> = { status: "no-name" };
export const NO_DATA: Partial<Lookup> = { status: "no-data" };
export const BOGUS: Partial<Lookup> = { security: "bogus", cause: "dns.bogus" };
export const TIMEOUT: Partial<Lookup> = { status: "failed", security: "indeterminate", cause: "dns.timeout" };

export function srv(...targets: readonly (readonly [string, number, number?, number?])[]): Partial<Lookup> {
  const records = targets.map(([target, port, priority = 5, weight = 0]): RecordData => ({
    t: "SRV",
    priority,
    weight,
    port,
    target,
  }));
  return { records };
}

export function addresses(type: "A" | "AAAA", ...texts: readonly string[]): Partial<Lookup> {
  return { records: texts.map((address): RecordData => ({ t: type, address })) };
}

function answer(name: string, type: RecordType, given: Partial<Lookup>): Lookup {
  return {
    name,
    type,
    status: "found",
    security: "secure",
    records: [],
    canonicalName: name,
    chain: [],
    ttlMs: 300_000,
    signedUntil: given.security === undefined || given.security === "secure" ? 1_000_000_000 : null,
    receivedAt: 0,
    cause: null,
    why: null,
    witness: "agreed",
    ...given,
  };
}
