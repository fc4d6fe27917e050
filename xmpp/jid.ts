/**
 * Addresses of stanzas. RFC 7622 3; protocol.md 4.13.
 *
 * PRECIS is reduced to what matters between servers: localpart and resource are never compared or prepared here, they
 * pass as they are. Refused is what no profile allows: empty parts, parts over 1023 octets, control characters, in a
 * localpart also spaces and `"&'/:<>@`. A malformed address costs the peer its stream, so what newer Unicode may allow
 * passes.
 */
import { AddressFault, type Domain, parseDomain } from "./domain.ts";

/** A valid address; only {@link parseJid} makes one. */
export interface Jid {
  readonly local: string | null;
  readonly domain: Domain;
  readonly resource: string | null;
}

/** The parts as they are written, unchecked. */
export interface JidParts {
  readonly local: string | null;
  readonly domain: string;
  readonly resource: string | null;
}

/** In octets of UTF-8 (RFC 7622 3.3.1, 3.4.1). */
const MAX_PART = 1023;
/** RFC 7622 3.1: three parts and the two separators. */
const MAX_JID = 3 * MAX_PART + 2;

const FORBIDDEN_LOCAL = /["&'/:<>@\s\p{Cc}\p{Cs}]/u;
const FORBIDDEN_RESOURCE = /[\p{Cc}\p{Cs}]/u;

/** Cuts an address at the first "/", then what is before it at the first "@" (RFC 7622 3.2). */
export function splitJid(text: string): JidParts {
  const slash = text.indexOf("/");
  const bare = slash < 0 ? text : text.slice(0, slash);
  const at = bare.indexOf("@");
  return {
    local: at < 0 ? null : bare.slice(0, at),
    domain: bare.slice(at + 1),
    resource: slash < 0 ? null : text.slice(slash + 1),
  };
}

/**
 * Reads an address.
 *
 * @throws {AddressFault}
 */
export function parseJid(text: string): Jid {
  if (text.length > MAX_JID) throw fault(text, "it is too long");
  const { local, domain, resource } = splitJid(text);
  if (local !== null) checkPart(text, local, FORBIDDEN_LOCAL, "localpart");
  if (resource !== null) checkPart(text, resource, FORBIDDEN_RESOURCE, "resource");
  return { local, domain: parseDomain(domain), resource };
}

function checkPart(jid: string, part: string, forbidden: RegExp, name: string): void {
  if (part === "") throw fault(jid, `its ${name} is empty`);
  if (!fits(part)) throw fault(jid, `its ${name} is too long`);
  if (forbidden.test(part)) throw fault(jid, `its ${name} has a character that no address may have`);
}

/** A UTF-16 unit is at most three octets, so most parts need no counting. */
function fits(part: string): boolean {
  return part.length * 3 <= MAX_PART || new TextEncoder().encode(part).length <= MAX_PART;
}

/** The text is hostile: quoted, escaped and cut. */
function fault(text: string, why: string): AddressFault {
  return new AddressFault(`Cannot parse address ${JSON.stringify(text.slice(0, 80))}: ${why}`);
}
