/** Names in certificates and how they match. RFC 9525 6; protocol.md 6.5, A-25. */
import type { CertificateFacts, Identifier, PeerCertificate } from "../facts/certificate.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";

/**
 * The names that an accepted certificate gives its owner, for the connection table: wildcards stay patterns.
 *
 * Empty when the certificate is absent or refused: a name counts only if its chain does (protocol.md 3.8).
 */
export function serverNames(certificate: PeerCertificate): readonly string[] {
  return certificate.state === "accepted" ? namesOf(certificate.facts) : [];
}

/**
 * The names among them by which a machine may go: DNS-IDs. An SRV-ID or xmppAddr is the name of a service domain (6.5, the
 * row of server-name streams).
 */
export function machineNames(certificate: PeerCertificate): readonly string[] {
  if (certificate.state !== "accepted") return [];
  return namesOf({ identifiers: certificate.facts.identifiers.filter(({ kind }) => kind === "dns") });
}

/** The names that a certificate claims. They count for nothing until something vouches for the certificate (3.8). */
export function namesOf({ identifiers }: Pick<CertificateFacts, "identifiers">): readonly string[] {
  return [...new Set(identifiers.map(nameOf).filter((name) => name !== null))];
}

/**
 * Whether one of the presented names is the reference name.
 *
 * @param reference A domain or the literal SRV target; never a pattern.
 */
export function matchesName(names: readonly string[], reference: Domain | string): boolean {
  const wanted = toAscii(reference as Domain).toLowerCase();
  if (wanted.includes("*")) return false;
  return names.some((name) => name === wanted || (name.startsWith("*.") && name.slice(1) === parent(wanted)));
}

/** The one pattern that would match a host: `*.` in place of its left-most label. Null when it has no parent. */
export function patternFor(host: string): string | null {
  const rest = parent(host);
  return rest === "" ? null : `*${rest}`;
}

/** ".b.c" of "a.b.c": a wildcard stands for exactly one left-most label. */
function parent(host: string): string {
  const dot = host.indexOf(".");
  return dot === -1 ? "" : host.slice(dot);
}

function nameOf({ kind, name }: Identifier): string | null {
  const lower = name.toLowerCase();
  if (kind === "dns") return isWildcard(lower) || isPlain(lower) ? lower : null;
  // RFC 4985: the service is part of the identifier; `_xmpp-client` says nothing between servers.
  if (kind === "srv") return isPlain(unservice(lower)) ? unservice(lower) : null;
  return isPlain(lower) ? lower : null;
}

/** The library gives the domain alone or the identifier as it stands; another service stays and is no name. */
function unservice(name: string): string {
  return name.startsWith("_xmpp-server.") ? name.slice("_xmpp-server.".length) : name;
}

/** One whole left-most label, and at least two labels behind it (protocol.md 6.5). */
function isWildcard(name: string): boolean {
  return name.startsWith("*.") && isPlain(name.slice(2)) && name.slice(2).includes(".");
}

/** Host name characters only: no `*`, `_`, `@`, `/`. */
function isPlain(name: string): boolean {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(name);
}
