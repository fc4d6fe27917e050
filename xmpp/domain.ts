/**
 * Domains, as they stand in addresses and tables. RFC 7622 3.2; protocol.md 4.13, 5.11, A-38.
 *
 * Canonical form: U-labels (UTS #46, non-transitional: NFC, lower case), no final dot.
 * Stricter than RFC 7622: host name labels only (letters, digits, inner hyphens), no IP literals, no underscore.
 */
import tr46 from "tr46";

/** A domain in canonical form. Only {@link parseDomain} makes one. */
export type Domain = string & { readonly __brand: "Domain" };

/** A domain with the peer's own spelling, which answers repeat. */
export interface Spelled {
  readonly domain: Domain;
  readonly text: string;
}

/** The two ends of a federation. `local` is ours, whoever opened the stream. */
export interface DomainPair {
  readonly local: Domain;
  readonly remote: Domain;
}

/** A {@link DomainPair} as a key of maps. */
export type PairKey = string & { readonly __brand: "PairKey" };

/** A text is not a valid domain or address. Whose fault it is, the caller knows (RFC 6120 4.9.3.7, 8.3.3.8). */
export class AddressFault extends Error {
  override readonly name = "AddressFault";
}

/** In octets (RFC 1035 2.3.4), without the final dot. */
const MAX_NAME = 253;
const MAX_LABEL = 63;
/** RFC 7622 3.2: a domainpart has at most 1023 octets; beyond it nothing is worth converting. */
const MAX_TEXT = 1023;

const HOST_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
/** A last label of digits only, or hexadecimal: some form of an IPv4 address, never a top-level domain (RFC 3696 2). */
const IPV4_LIKE = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;

const UTS46 = {
  transitionalProcessing: false,
  useSTD3ASCIIRules: true,
  checkBidi: true,
  checkJoiners: true,
  checkHyphens: false,
  verifyDNSLength: false,
};

/**
 * Reads a domain: any case, U- or A-labels, at most one final dot.
 *
 * @throws {AddressFault} when it is not a host name, or is an IP address.
 */
export function parseDomain(text: string): Domain {
  if (text.length > MAX_TEXT) throw fault(text, "it is too long");
  const bare = text.endsWith(".") ? text.slice(0, -1) : text;
  if (bare === "") throw fault(text, "it is empty");
  const lower = /^[\x21-\x7e]+$/.test(bare) ? bare.toLowerCase() : "";
  const domain = lower !== "" && !lower.includes("xn--") ? lower : toUnicode(bare, text);
  checkHostName(domain === lower ? domain : encode(domain), text);
  return domain as Domain;
}

/** The same domain in A-labels, for DNS, SNI, certificates and HTTPS (protocol.md 5.11). */
export function toAscii(domain: Domain): string {
  if (/^[\x21-\x7e]+$/.test(domain)) return domain;
  const known = asciiForms.get(domain);
  if (known !== undefined) return known;
  if (asciiForms.size >= 4096) asciiForms.clear();
  const ascii = encode(domain);
  asciiForms.set(domain, ascii);
  return ascii;
}

const asciiForms = new Map<Domain, string>();

/** One text for both domains; a space is in no domain. */
export function pairKey(pair: DomainPair): PairKey {
  return `${pair.local} ${pair.remote}` as PairKey;
}

/** A domain, or with a leading "*." every domain below one, at any depth. Only {@link parsePattern} makes one. */
export type DomainPattern = string & { readonly __brand: "DomainPattern" };

/**
 * Reads "example.org" or "*.example.org", as they stand in the configuration's lists.
 *
 * @throws {AddressFault} when what follows the "*." is no domain.
 */
export function parsePattern(text: string): DomainPattern {
  const below = text.startsWith("*.");
  return `${below ? "*." : ""}${parseDomain(below ? text.slice(2) : text)}` as DomainPattern;
}

/** Whether a pattern names the domain. "*.example" does not name "example" itself. */
export function matchesPattern(pattern: DomainPattern, domain: Domain): boolean {
  return pattern.startsWith("*.") ? domain.endsWith(pattern.slice(1)) : domain === pattern as string;
}

function toUnicode(bare: string, text: string): string {
  const { domain, error } = tr46.toUnicode(bare, UTS46);
  // RFC 5891 5.4: an A-label counts only when it is what its U-label would be converted to.
  const again = error ? null : tr46.toUnicode(encode(domain), UTS46);
  if (again === null || again.error || again.domain !== domain) throw fault(text, "it is no valid IDN");
  return domain;
}

function encode(domain: string): string {
  return tr46.toASCII(domain, UTS46) ?? "";
}

function checkHostName(ascii: string, text: string): void {
  if (!HOST_NAME.test(ascii)) throw fault(text, "it is no host name");
  if (IPV4_LIKE.test(ascii)) throw fault(text, "it is an IP address");
  if (ascii.length > MAX_NAME) throw fault(text, "it is too long");
  if (ascii.split(".").some((label) => label.length > MAX_LABEL)) throw fault(text, "a label is too long");
}

/** The text is hostile: quoted, escaped and cut. */
function fault(text: string, why: string): AddressFault {
  return new AddressFault(`Cannot parse domain ${JSON.stringify(text.slice(0, 80))}: ${why}`);
}
