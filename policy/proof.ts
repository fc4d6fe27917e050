/** The token that a domain is proven on a certificate or a stream. protocol.md 3.1. Only {@link prove} makes one. */
import type { Cause } from "../facts/cause.ts";
import type { Detail } from "../facts/event.ts";
import type { Domain } from "../xmpp/domain.ts";
import { dane } from "./dane.ts";
import { dialback, dialbackDnssec, samecert } from "./dialback.ts";
import { dnaSrv, dnaSrvInsecure } from "./dna_srv.ts";
import type { Endpoint, Evidence, Finding, Judge, Prooftype } from "./judge.ts";
import { type Lifetime, lifetime, type RecheckBounds } from "./lifetime.ts";
import { pkix } from "./pkix.ts";
import { posh } from "./posh.ts";

const JUDGES: Readonly<Record<Prooftype, Judge>> = {
  "dane": dane,
  "pkix": pkix,
  "dna-srv": dnaSrv,
  "dna-srv-insecure": dnaSrvInsecure,
  "posh": posh,
  "dialback-dnssec": dialbackDnssec,
  "dialback": dialback,
  "samecert": samecert,
};

/** When the proof is made and when it wants to be looked at again. */
export interface Timing extends RecheckBounds {
  /** In [0, 1). */
  readonly jitter: number;
}

/** Made below, where a judge has just said yes, and nowhere else. */
let make: (domain: Domain, prooftype: Prooftype, found: Holding, life: Lifetime, checkedAt: number) => Proof;
type Holding = Finding & { holds: true };

/**
 * Domain `domain` is proven for whoever holds the certificate `certificate`, or only on the stream `streamId`, or both.
 *
 * It is worth nothing on a connection with another peer certificate (protocol.md 3.1), nor on another stream.
 */
export class Proof {
  readonly #expiresAt: number | null;
  readonly domain: Domain;
  readonly prooftype: Prooftype;
  /** SHA-256 of the peer's certificate, lower-case hex; null when a dialback key stands for it. */
  readonly certificate: string | null;
  /** The stream that the dialback key was made for; null when the certificate alone is enough. Never both null. */
  readonly streamId: string | null;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
  /** Soft bound (protocol.md 3.9). Milliseconds since the epoch. */
  readonly recheckAt: number;
  /** What the hard bound comes from; the end of a certificate ends the stream (RFC 6120 13.7.2.3). */
  readonly endsWith: Lifetime["endsWith"];
  /** The machine that was matched or called; null where no machine is part of the proof. */
  readonly target: Endpoint | null;
  readonly evidence: { readonly [key: string]: Detail };

  private constructor(
    domain: Domain,
    prooftype: Prooftype,
    found: Holding,
    life: Lifetime,
    checkedAt: number,
  ) {
    this.#expiresAt = life.expiresAt;
    this.domain = domain;
    this.prooftype = prooftype;
    this.certificate = found.certificate;
    this.streamId = found.streamId;
    this.checkedAt = checkedAt;
    this.recheckAt = life.recheckAt;
    this.endsWith = life.endsWith;
    this.target = found.target;
    this.evidence = found.evidence;
  }

  static {
    make = (domain, prooftype, found, life, checkedAt) =>
      new Proof(domain, prooftype, found, life, checkedAt);
  }

  /** Hard bound; null when the protocol sets none. Milliseconds since the epoch. */
  get expiresAt(): number | null {
    return this.#expiresAt;
  }

  /** Whether the hard bound is still ahead. */
  holds(now: number): boolean {
    return this.#expiresAt === null || now < this.#expiresAt;
  }

  /** True for proofs that stand on unsigned DNS: every log line about them says so (DNA-68). */
  get insecure(): boolean {
    return this.prooftype === "dna-srv-insecure";
  }
}

/** Asks one judge: a {@link Proof}, or why there is none. */
export function prove(prooftype: Prooftype, evidence: Evidence, timing: Timing): Proof | Cause {
  const found = JUDGES[prooftype].judge(evidence);
  if (!found.holds) return found.cause;
  const limits = { ...found, checkedAt: evidence.now };
  return make(evidence.domain, prooftype, found, lifetime(limits, timing, timing.jitter), evidence.now);
}
