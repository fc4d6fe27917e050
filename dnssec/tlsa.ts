/** The TLSA records of one endpoint with everything that they rest on. RFC 6698, RFC 7671 7; protocol.md 3.4, 5.7. */
import type { TargetAddresses } from "../facts/delegation.ts";
import type { Lookup, Security } from "../facts/dns.ts";
import type { EndpointTlsa, TlsaRecord } from "../facts/tlsa.ts";
import { earliest, weakest } from "./delegation.ts";
import type { Ask, LookupOptions } from "./resolver.ts";

/** The SRV answer that names the endpoint (or the proven absence of one). */
export interface Naming {
  readonly security: Security;
  readonly ttlMs: number;
  readonly signedUntil: number | null;
}

/** Steps 1 to 4 of 3.4: nothing is asked below an insecure name or address. It only throws the signal's reason. */
export async function findTlsa(
  { host, port }: { readonly host: string; readonly port: number },
  naming: Naming,
  addresses: TargetAddresses,
  ask: Ask,
  options: LookupOptions = {},
): Promise<EndpointTlsa> {
  const below = weakest([naming, addresses]);
  const asked = below === "secure" ? await askTlsa(port, host, addresses.canonicalName, ask, options) : [];
  const answer = asked.at(-1);
  const security = answer === undefined ? below : answer.security;
  return {
    host,
    port,
    security,
    records: security === "secure" ? asked.flatMap(recordsOf) : [],
    ttlMs: Math.min(naming.ttlMs, addresses.ttlMs, ...asked.map(({ ttlMs }) => ttlMs)),
    signedUntil: security === "secure" ? earliest([naming, addresses, ...asked]) : null,
    cause: answer?.cause ?? (below === "secure" ? null : addresses.cause),
    lookups: [...addresses.lookups, ...asked],
  };
}

/** RFC 7671 7: where the target is an alias, its securely expanded name comes first; without records the target itself. */
async function askTlsa(
  port: number,
  host: string,
  canonicalName: string,
  ask: Ask,
  options: LookupOptions,
): Promise<readonly Lookup[]> {
  const expanded = await ask(`_${port}._tcp.${canonicalName}`, "TLSA", options);
  const isAnswer = expanded.status === "found" && expanded.security === "secure";
  const isFailure = expanded.security === "bogus" || expanded.security === "indeterminate";
  if (canonicalName === host || isAnswer || isFailure) return [expanded];
  return [expanded, await ask(`_${port}._tcp.${host}`, "TLSA", options)];
}

function recordsOf({ records, security }: Lookup): TlsaRecord[] {
  if (security !== "secure") return [];
  return records.flatMap((record) =>
    record.t === "TLSA"
      ? [{
        usage: record.usage,
        selector: record.selector,
        matching: record.matching,
        data: record.data.toLowerCase(),
      }]
      : []
  );
}
