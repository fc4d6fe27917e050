/** What a stream header is worth on our side. RFC 6120 4.7, 4.9; protocol.md 2.6, 4.1. Pure. */
import type { Cause } from "../facts/cause.ts";
import type { PeerCertificate } from "../facts/certificate.ts";
import type { Domain } from "../xmpp/domain.ts";
import type { Refusal, StreamCondition } from "../xmpp/stream_error.ts";
import { changedNames, type StreamHeader } from "../xmpp/stream_header.ts";
import { matchesName } from "./names.ts";

/** `server-name`: D1 style, between machines. `classic`: between service domains. */
export type HeaderMode = "server-name" | "classic";

/** What our side is for a name in a header's `to`. A name that is both is hosted. */
export type NameStanding = "hosted" | "server-name" | "gone" | "unknown";

export interface InitialHeaderFacts {
  readonly header: StreamHeader;
  readonly standing: (name: Domain) => NameStanding;
  /** The header before the restart; null on the first one. */
  readonly previous: StreamHeader | null;
  /** Null before TLS. */
  readonly certificate: PeerCertificate | null;
  /** What the peer's machine may call itself. */
  readonly machineNames: readonly string[];
  /** Whether a stream with these names may do without TLS (`legacy`); null where the header names nobody. */
  readonly takesCleartext: (to: Domain | null, from: Domain | null) => boolean;
}

export interface JudgedHeader {
  readonly mode: HeaderMode;
  /** Of a server-name stream inside TLS: `from` is proven to be the peer's. Without refusal its own records may still prove it. */
  readonly named: boolean;
  readonly refusal: Refusal | null;
  /** What may become of the stream before TLS; always `required` inside it. */
  readonly tls: TlsNeed;
}

/**
 * `required`: nothing goes on without TLS. `optional`: it is offered (policy `legacy`). `impossible`: the same
 * policy, and a peer that is older than features, so that nothing can be offered to it (4.1).
 */
export type TlsNeed = "required" | "optional" | "impossible";

/** Judges the header of the initiating side, before and after TLS. First rule that hits wins. */
export function judgeInitialHeader(facts: InitialHeaderFacts): JudgedHeader {
  const { header, standing } = facts;
  const is = header.to === null ? "unknown" : standing(header.to.domain);
  const mode = is === "server-name" ? "server-name" : "classic";
  const named = mode === "server-name" && isNamed(facts);
  const tls = tlsNeed(facts, is);
  const fault = tls === "impossible" ? header.faultIfOld : header.fault;
  const nameless = tls === "impossible" && header.to === null;
  return { mode, named, tls, refusal: fault ?? refusalFor(facts, nameless ? "hosted" : is) };
}

/** Between server names there is no stream without TLS: the certificate is what they are proven by. */
function tlsNeed({ header, certificate, takesCleartext }: InitialHeaderFacts, is: NameStanding): TlsNeed {
  const classic = is === "hosted" || (header.to === null && header.old);
  if (certificate !== null || !classic) return "required";
  if (!takesCleartext(header.to?.domain ?? null, header.from?.domain ?? null)) return "required";
  return header.old ? "impossible" : "optional";
}

function refusalFor(facts: InitialHeaderFacts, is: NameStanding): Refusal | null {
  const { header, standing, previous } = facts;
  if (previous !== null && changedNames(previous, header)) {
    return refuse("improper-addressing", "stream.changed-names");
  }
  if (is === "gone") return refuse("host-gone", "stream.host-gone");
  if (is === "unknown") return refuse("host-unknown", "stream.host-unknown");
  const remote = header.from?.domain ?? null;
  // RFC 6120 has no condition for a loop; Prosody answers the same (4.1).
  if (remote !== null && isOurs(standing(remote))) return refuse("undefined-condition", "stream.loop");
  return is === "server-name" ? unprovable(facts) : null;
}

const isOurs = (standing: NameStanding): boolean => standing === "hosted" || standing === "server-name";

function isNamed({ header, certificate, machineNames }: InitialHeaderFacts): boolean {
  return certificate !== null && header.from !== null && matchesName(machineNames, header.from.domain);
}

/** nothing that the peer showed could prove the name of its machine. */
function unprovable(facts: InitialHeaderFacts): Refusal | null {
  const { header, certificate } = facts;
  if (certificate === null || isNamed(facts)) return null;
  if (certificate.state === "absent") return refuse("not-authorized", "tls.no-certificate");
  if (certificate.state === "refused" && certificate.facts === null) {
    return refuse("not-authorized", certificate.cause);
  }
  return header.from === null ? refuse("not-authorized", "stream.unproven-name") : null;
}

/**
 * Judges the answer to our own header: `from` may be missing (old servers), but it is no other name.
 *
 * @param mayBeOld It may know no features (4.1, policy `legacy`).
 */
export function judgeResponseHeader(
  header: StreamHeader,
  expected: Domain,
  mayBeOld: boolean = false,
): Refusal | null {
  const fault = mayBeOld ? header.faultIfOld : header.fault;
  if (fault !== null) return fault;
  if (header.from !== null && header.from.domain !== expected) {
    return refuse("invalid-from", "stream.addressing");
  }
  // RFC 6120 4.7.3: without an id there is nothing that a dialback key could be made for.
  return header.id ? null : refuse("improper-addressing", "stream.addressing");
}

const refuse = (condition: StreamCondition, cause: Cause): Refusal => ({ condition, cause });
