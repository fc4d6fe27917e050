/**
 * Whether a peer that says `see-other-host` is followed, and what the machine that it names has to show.
 * RFC 6120 4.9.3.19; protocol.md 4.8, STR-35.
 */
import type { Cause } from "../facts/cause.ts";
import type { PeerCertificate } from "../facts/certificate.ts";
import type { Target } from "../facts/delegation.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import type { OtherHost } from "../xmpp/other_host.ts";
import { dane, usableTlsa } from "./dane.ts";
import { UNASKED } from "./judge.ts";

/** Where to connect in place of an SRV target, whose names still count. */
export interface Redirect {
  readonly to: OtherHost;
  /** Which one in a row. */
  readonly hop: number;
  /** How the machine was spoken to that said so. */
  readonly tls: Target["tls"];
}

/** One redirect that may be followed, with what had been proven of whoever said it. */
export interface Referral extends Redirect {
  /** The SRV target that was dialled at first. */
  readonly target: Target;
  /** The domain that it was proven to speak for. */
  readonly domain: Domain;
  /** Its certificate names the SRV target too, so that it speaks for every domain that is delegated there. */
  readonly named: boolean;
}

/** RFC 6120 4.9.3.19 wants at least 2 and at most 5. */
const MOST_HOPS = 2;

export interface RedirectQuestion {
  /** Null: it cannot be read. */
  readonly to: OtherHost | null;
  /** The machine that says so, as it was dialled. */
  readonly at: Pick<Target, "host" | "port" | "tls"> & { readonly address: string };
  /** TLS is there, and what the machine showed in it proves the domain now. */
  readonly proven: boolean;
  /** How many redirects led there. */
  readonly hops: number;
  /** Of a host that is named without one. */
  readonly defaultPort: number;
}

/** The redirect that may be followed, or why there is none. Total; who is not proven is not even listened to. */
export function judgeRedirect(question: RedirectQuestion): Redirect | Cause {
  const { to, at: { tls }, proven, hops } = question;
  if (!proven) return "redirect.unproven";
  if (to === null) return "redirect.malformed";
  if (isThere(to, question)) return "redirect.loop";
  return hops < MOST_HOPS ? { to, hop: hops + 1, tls } : "redirect.hops";
}

/** Whether a connection ended with a redirect that was not followed: an error like any other. */
export function isRefused(cause: Cause): boolean {
  return cause.startsWith("redirect.") && cause !== "redirect.followed";
}

/** Longer circles are ended by their hops. */
function isThere(to: OtherHost, { at: { host, port, address }, defaultPort }: RedirectQuestion): boolean {
  const same = to.kind === "domain" ? toAscii(to.domain) === host : to.ip === address;
  return same && (to.port ?? defaultPort) === port;
}

/** Whether a pair may follow it that only waited for, or shared, the connection on which it was said. */
export function speaksFor({ named, domain }: Referral, other: Domain): boolean {
  return named || domain === other;
}

/**
 * Whether the machine's own TLSA records refuse its certificate. They can prove nothing: a redirect adds no reference
 * that was not there before it. But nobody is spoken to as somebody whose own records say otherwise (protocol.md 3.4).
 */
export function isDisowned(
  domain: Domain,
  certificate: PeerCertificate,
  own: readonly EndpointTlsa[],
  now: number,
): boolean {
  const tlsa = usableTlsa(own, now);
  return tlsa.length > 0 && !dane.judge({ ...UNASKED, domain, certificate, tlsa, now }).holds;
}
