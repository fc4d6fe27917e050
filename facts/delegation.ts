/** Who may act for a domain, as DNS says it: the SRV records of protocol.md 5.1 with their DNSSEC state. */
import type { Domain } from "../xmpp/domain.ts";
import type { Cause } from "./cause.ts";
import type { Lookup, Security } from "./dns.ts";

/** One SRV target. */
export interface Target {
  /** The literal SRV target: A-labels, lower case, no final dot. */
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  /** From which of the two SRV names it came (XEP-0368). */
  readonly tls: "starttls" | "direct";
}

/**
 * The delegation of one domain. `security` is that of `_xmpp-server._tcp` (with its aliases).
 *
 * `offered`: `targets` is not empty. `refused`: the domain says "." (RFC 2782). `absent`: no SRV at all (fallback
 * of protocol.md 5.4). `unknown`: DNS failed or is bogus; `cause` says why.
 */
export interface Delegation {
  readonly domain: Domain;
  readonly service: "offered" | "refused" | "absent" | "unknown";
  readonly exists: boolean;
  readonly security: Security;
  readonly targets: readonly Target[];
  readonly ttlMs: number;
  readonly signedUntil: number | null;
  readonly cause: Cause | null;
  readonly why: string | null;
  /** The answers it was made of, as evidence. */
  readonly lookups: readonly Lookup[];
}

/** The usable addresses of one SRV target, in the order to try (protocol.md 5.3). */
export interface TargetAddresses {
  readonly host: string;
  /** The host after its aliases; the host itself unless secure. */
  readonly canonicalName: string;
  readonly security: Security;
  readonly addresses: readonly string[];
  /** Those that were found and may not be dialled, where no other was. */
  readonly forbidden?: readonly string[];
  readonly ttlMs: number;
  /** Null unless secure and signed. */
  readonly signedUntil: number | null;
  readonly cause: Cause | null;
  readonly lookups: readonly Lookup[];
}
