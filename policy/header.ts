/** What a stream header is worth on our side. RFC 6120 4.7, 4.9; protocol.md 2.6, 4.1. Pure. */
import type { Cause } from "../facts/cause.ts";
import type { PeerCertificate } from "../facts/certificate.ts";
import type { Domain } from "../xmpp/domain.ts";
import type { Refusal, StreamCondition } from "../xmpp/stream_error.ts";
import { changedNames, type StreamHeader } from "../xmpp/stream_header.ts";
import { matchesName, serverNames } from "./names.ts";

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
}

export interface JudgedHeader {
  readonly mode: HeaderMode;
  readonly refusal: Refusal | null;
}

/** Judges the header of the initiating side, before and after TLS. First rule that hits wins. */
export function judgeInitialHeader(facts: InitialHeaderFacts): JudgedHeader {
  const { header, standing } = facts;
  const is = header.to === null ? "unknown" : standing(header.to.domain);
  const mode = is === "server-name" ? "server-name" : "classic";
  return { mode, refusal: header.fault ?? refusalFor(facts, is, mode) };
}

function refusalFor(facts: InitialHeaderFacts, is: NameStanding, mode: HeaderMode): Refusal | null {
  const { header, standing, previous, certificate } = facts;
  if (previous !== null && changedNames(previous, header)) {
    return refuse("improper-addressing", "stream.changed-names");
  }
  if (is === "gone") return refuse("host-gone", "stream.host-gone");
  if (is === "unknown") return refuse("host-unknown", "stream.host-unknown");
  const remote = header.from?.domain ?? null;
  // RFC 6120 has no condition for a loop; Prosody answers the same (4.1).
  if (remote !== null && isOurs(standing(remote))) return refuse("undefined-condition", "stream.loop");
  return mode === "server-name" && certificate !== null ? unproven(remote, certificate) : null;
}

const isOurs = (standing: NameStanding): boolean => standing === "hosted" || standing === "server-name";

/** a server-name stream demands a certificate that carries the header's `from`. */
function unproven(remote: Domain | null, certificate: PeerCertificate): Refusal | null {
  if (certificate.state === "absent") return refuse("not-authorized", "tls.no-certificate");
  if (certificate.state === "refused") return refuse("not-authorized", certificate.cause);
  const named = remote !== null && matchesName(serverNames(certificate), remote);
  return named ? null : refuse("not-authorized", "stream.unproven-name");
}

/** Judges the answer to our own header: `from` may be missing (old servers), but it is no other name. */
export function judgeResponseHeader(header: StreamHeader, expected: Domain): Refusal | null {
  if (header.fault !== null) return header.fault;
  if (header.from !== null && header.from.domain !== expected) {
    return refuse("invalid-from", "stream.addressing");
  }
  // RFC 6120 4.7.3: without an id there is nothing that a dialback key could be made for.
  return header.id ? null : refuse("improper-addressing", "stream.addressing");
}

const refuse = (condition: StreamCondition, cause: Cause): Refusal => ({ condition, cause });
