/** What the TLSA records of one endpoint say. RFC 6698, RFC 7671, RFC 7673; protocol.md 3.4. */
import type { Cause } from "./cause.ts";
import type { Lookup, Security } from "./dns.ts";

/** One association, as published. `data` is lower-case hex. */
export interface TlsaRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matching: number;
  readonly data: string;
}

/** The TLSA answer for one SRV target and port, with everything that it rests on. */
export interface EndpointTlsa {
  /** The literal SRV target: A-labels, lower case, no final dot. */
  readonly host: string;
  readonly port: number;
  /** The weakest of the SRV, the address and the TLSA answer: only `secure` records may match (3.4, steps 1 to 4). */
  readonly security: Security;
  /** As published; empty where there are none or where nothing was asked (3.4, step 2). */
  readonly records: readonly TlsaRecord[];
  readonly ttlMs: number;
  /** The earliest signature end; null unless secure. Milliseconds since the epoch. */
  readonly signedUntil: number | null;
  /** Why nothing may be concluded (bogus, indeterminate, failed); null otherwise. */
  readonly cause: Cause | null;
  readonly lookups: readonly Lookup[];
}
