/** DNS answers with what DNSSEC says of them. RFC 4033 5; protocol.md 5.6; resolver.md 4.3. */
import type { Cause } from "./cause.ts";

/** RFC 4033 5. Ordered by what may be built on it: only `secure` proves anything. */
export type Security = "secure" | "insecure" | "bogus" | "indeterminate";

export type RecordType = "SRV" | "A" | "AAAA" | "TLSA" | "CNAME" | "NS" | "SOA" | "TXT" | "DS" | "DNSKEY";

export type RecordData =
  | {
    readonly t: "SRV";
    readonly priority: number;
    readonly weight: number;
    readonly port: number;
    readonly target: string;
  }
  | { readonly t: "A" | "AAAA"; readonly address: string }
  | {
    readonly t: "TLSA";
    readonly usage: number;
    readonly selector: number;
    readonly matching: number;
    readonly data: string;
  }
  | { readonly t: "CNAME" | "DNAME" | "NS"; readonly target: string }
  | { readonly t: "TXT"; readonly strings: readonly string[] }
  | {
    readonly t: "DS";
    readonly keyTag: number;
    readonly algorithm: number;
    readonly digestType: number;
    readonly digest: string;
  }
  | { readonly t: "DNSKEY"; readonly flags: number; readonly algorithm: number; readonly keyTag: number }
  | { readonly t: "SOA"; readonly text: string };

/** One link of the chain of trust, for evidence: a zone, the keys that vouch for it and when its signatures end. */
export interface ChainLink {
  readonly zone: string;
  readonly security: Security;
  readonly keyTags: readonly number[];
  readonly algorithms: readonly number[];
  /** When the last of its signatures begins: milliseconds since the epoch; null where nothing is signed. */
  readonly beginsAt: number | null;
  /** When the first of them ends. */
  readonly expiresAt: number | null;
}

/** What one question cost; for metrics. */
export interface LookupFacts {
  readonly type: RecordType;
  readonly security: Security;
  readonly cause: Cause | null;
  /** It was answered from what was kept: nothing was validated. */
  readonly cached: boolean;
  readonly tookMs: number;
  /** That had to be verified, or would have had to be. */
  readonly signatures: number;
}

/** One step from the asked name to the data: an alias, or the records themselves; and who signed it. */
export interface AnswerStep {
  readonly name: string;
  readonly type: string;
  readonly security: Security;
  /** The zone that signed; null where nothing is signed, as what follows. */
  readonly signer: string | null;
  readonly keyTag: number | null;
  readonly algorithm: number | null;
  /** Milliseconds since the epoch. */
  readonly beginsAt: number | null;
  readonly expiresAt: number | null;
  /** Where an alias leads. */
  readonly target: string | null;
  /** The zone has no such name: it was made from `*` (RFC 4035 5.3.4). */
  readonly wildcard: boolean;
}

/** The answer to one question, aliases followed; `security` is the weakest step's. */
export interface Lookup {
  /** Absolute, lower case, A-labels, no final dot. */
  readonly name: string;
  readonly type: RecordType;
  readonly status: "found" | "no-data" | "no-name" | "failed";
  readonly security: Security;
  /** Of the asked type only; aliases are in `canonicalName`. */
  readonly records: readonly RecordData[];
  readonly canonicalName: string;
  /** Root first; empty when not asked for or not known. */
  readonly chain: readonly ChainLink[];
  /** Alias by alias, last the data; left out where there is none. */
  readonly steps?: readonly AnswerStep[];
  /** What proves that there is no data, or no DS; left out where nothing does. */
  readonly denial?: "NSEC" | "NSEC3";
  /** What the answer may be kept, in ms from `receivedAt`; its TTL (soft bound, protocol.md 3.9). */
  readonly ttlMs: number;
  /** The earliest signature end over the chain (hard bound); null unless secure. Milliseconds since the epoch. */
  readonly signedUntil: number | null;
  readonly receivedAt: number;
  /** Why it is bogus, indeterminate or failed; null otherwise. */
  readonly cause: Cause | null;
  /** The library's own words, for the log. */
  readonly why: string | null;
  /** "agreed", "off", or what the second validator could not say (native.md 1). */
  readonly witness: "agreed" | "disagreed" | "unavailable" | "off" | "unsupported-algorithm" | "not-asked";
}
