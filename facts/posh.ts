/** What the POSH document of a domain says. RFC 7711; protocol.md 3.6. */
import type { Cause } from "./cause.ts";

/** One descriptor: every hash that it has and that we know must match (lower-case hex over the DER certificate). */
export interface PoshFingerprint {
  readonly sha256: string | null;
  readonly sha512: string | null;
}

export type PoshEvidence =
  | {
    readonly found: true;
    readonly fingerprints: readonly PoshFingerprint[];
    /** Milliseconds since the epoch: the smaller `expires` of reference and document, at most 7 days. */
    readonly expiresAt: number;
    /** Where the fingerprints were read at last. */
    readonly url: string;
  }
  /** `passing`: it may be there the next time. `why` is for the log: what was wrong with it. */
  | { readonly found: false; readonly passing: boolean; readonly cause: Cause; readonly why: string | null };
