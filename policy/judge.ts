/** One interface for every prooftype: evidence in, finding out. RFC 7712 7; protocol.md 3.1. */
import type { Cause } from "../facts/cause.ts";
import type { Callback } from "../facts/callback.ts";
import type { PeerCertificate } from "../facts/certificate.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { Security } from "../facts/dns.ts";
import type { Detail } from "../facts/event.ts";
import type { PoshEvidence } from "../facts/posh.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import type { Domain } from "../xmpp/domain.ts";

/** protocol.md 3.1. `dna-srv-insecure` exists only under `allow_insecure_delegation` and is logged as insecure. */
export type Prooftype =
  | "dane"
  | "pkix"
  | "dna-srv"
  | "dna-srv-insecure"
  | "posh"
  | "dialback-dnssec"
  | "dialback"
  | "samecert";

/** What is known when somebody claims a domain. The evidence was already fetched. */
export interface Evidence {
  readonly domain: Domain;
  /** Of the live connection, as it is now (protocol.md 3.8). */
  readonly certificate: PeerCertificate;
  /** Null: DNS was not asked. */
  readonly delegation: Delegation | null;
  /** Of the endpoint (outgoing), or of every secure SRV target (incoming). Null: not asked. */
  readonly tlsa: readonly EndpointTlsa[] | null;
  /** Null: not fetched. */
  readonly posh: PoshEvidence | null;
  /** Null: nobody was called back. */
  readonly callback: Callback | null;
  /** Outgoing, on a connection that was dialled for this very domain; null: it was not. */
  readonly reached: Reached | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The server that DNS names for a domain, and that was dialled: whether it is the domain's, no certificate says (TF-9). */
export interface Reached extends Endpoint {
  /** The weakest of the SRV and the address answer. */
  readonly security: Security;
  readonly encrypted: boolean;
  /** Of its stream: what proves it without a certificate. */
  readonly streamId: string | null;
}

/** Nothing was fetched. */
export const UNASKED = { delegation: null, tlsa: null, posh: null, callback: null, reached: null } as const;

/** The machine that a delegation names. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a judge found, with everything that limits how long it holds. */
export type Finding =
  | {
    readonly holds: true;
    readonly target: Endpoint | null;
    /** SHA-256 of the peer's certificate, lower-case hex; null when the proof does not rest on one (dialback). */
    readonly certificate: string | null;
    /** The id of the stream that the dialback key was made for; null when the proof rests on no key. */
    readonly streamId: string | null;
    /** Hard bounds, milliseconds since the epoch. Null: the certificate's own dates do not count (DANE-EE, dialback). */
    readonly certificateUntil: number | null;
    /** The end of what vouches for the certificate: the earliest DNSSEC signature, or the `expires` of a POSH document. */
    readonly vouchedUntil: number | null;
    /** Soft bound: the zone's TTL; null when no DNS answer is part of the proof. */
    readonly ttlMs: number | null;
    readonly evidence: { readonly [key: string]: Detail };
  }
  | { readonly holds: false; readonly cause: Cause };

export interface Judge {
  readonly prooftype: Prooftype;
  judge(evidence: Evidence): Finding;
}

/** How much a proof is worth, strongest first (protocol.md 3.1). Equal numbers are equally strong. */
export const STRENGTH: Readonly<Record<Prooftype, number>> = {
  "dane": 3,
  "pkix": 3,
  "dna-srv": 3,
  "posh": 3,
  "dialback-dnssec": 2,
  "dialback": 1,
  "samecert": 1,
  "dna-srv-insecure": 0,
};
