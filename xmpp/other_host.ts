/** Where `see-other-host` points: a domain or an address, perhaps with a port. RFC 6120 4.9.3.19; protocol.md 4.8. */
import ipaddr from "ipaddr.js";
import { AddressFault, type Domain, parseDomain, toAscii } from "./domain.ts";

/** `port` is null where none was said. */
export type OtherHost =
  | { readonly kind: "domain"; readonly domain: Domain; readonly port: number | null }
  /** An IP address, IPv6 without brackets; one of IPv4 in the clothes of IPv6 is what it is. */
  | { readonly kind: "address"; readonly ip: string; readonly port: number | null };

/** What may stand before a port. No digit is written that says nothing (RFC 3986 3.2.2, 6.2.3). */
const BRACKETED = /^\[([0-9a-fA-F:.]{2,45})\]$/;
const DOTTED = /^(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const MAX_PORT = 65535;

/** Reads it strictly: nothing before, behind or between; null when it is anything else. */
export function parseOtherHost(text: string): OtherHost | null {
  const colon = text.endsWith("]") ? -1 : text.lastIndexOf(":");
  const port = colon === -1 ? null : portOf(text.slice(colon + 1));
  if (Number.isNaN(port)) return null;
  const host = colon === -1 ? text : text.slice(0, colon);
  const ip = addressOf(host);
  if (ip !== null) return { kind: "address", ip, port };
  const domain = domainOf(host);
  return domain === null ? null : { kind: "domain", domain, port };
}

/** As it would stand in the element, in A-labels. */
export function printOtherHost(other: OtherHost): string {
  const host = other.kind === "domain" ? toAscii(other.domain) : bracketed(other.ip);
  return other.port === null ? host : `${host}:${other.port}`;
}

/** NaN when it is none. */
function portOf(text: string): number {
  const port = PORT.test(text) ? Number(text) : NaN;
  return port <= MAX_PORT ? port : NaN;
}

function addressOf(host: string): string | null {
  const six = BRACKETED.exec(host)?.[1];
  if (six !== undefined) return ipaddr.IPv6.isValid(six) ? ipaddr.process(six).toString() : null;
  return DOTTED.test(host) && ipaddr.IPv4.isValid(host) ? host : null;
}

function bracketed(ip: string): string {
  return ip.includes(":") ? `[${ip}]` : ip;
}

function domainOf(host: string): Domain | null {
  try {
    return parseDomain(host);
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}
