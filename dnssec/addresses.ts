/** The addresses of one SRV target, filtered and in the order to try. protocol.md 5.3, 5.7; RFC 8305 4. */
import ipaddr from "ipaddr.js";
import type { TargetAddresses } from "../facts/delegation.ts";
import type { Lookup, Security } from "../facts/dns.ts";
import { earliest, weakest } from "./delegation.ts";
import type { Ask, LookupOptions } from "./resolver.ts";

export interface AddressSettings {
  /** In place of A and AAAA, treated as secure; keys in lower case. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly allowPrivateAddresses: boolean;
}

/** More are not tried: a target is not a list to scan. */
const MAX_ADDRESSES = 16;
/** protocol.md 5.10. */
const MAX_TTL_MS = 24 * 3600 * 1000;
const NEVER: readonly string[] = ["unspecified", "multicast", "broadcast"];

/** What may be dialled for `host`; when nothing may, `cause` says why. It only throws the signal's reason. */
export async function findAddresses(
  host: string,
  settings: AddressSettings,
  ask: Ask,
  options: LookupOptions = {},
): Promise<TargetAddresses> {
  const configured = settings.hosts.get(host);
  if (configured !== undefined) return usable(nothing(host, "secure", []), configured, settings);
  // Their chain of trust is judged, but shown nowhere.
  const plain = { ...options, chain: false };
  const lookups = await Promise.all([ask(host, "AAAA", plain), ask(host, "A", plain)]);
  // Bogus in one family is an attack on the host, not an outage of one family (protocol.md 5.7).
  const bogus = lookups.find(({ security }) => security === "bogus");
  if (bogus !== undefined) return { ...nothing(host, "bogus", lookups), cause: bogus.cause };
  const known = lookups.filter(({ security }) => security !== "indeterminate");
  const addresses = known.flatMap(addressesOf);
  const failed = lookups.find((lookup) => !known.includes(lookup));
  if (addresses.length === 0 && failed !== undefined) {
    return { ...nothing(host, "indeterminate", lookups), cause: failed.cause };
  }
  return usable(nothing(host, weakest(known), known), addresses, settings);
}

/** The same for an address that stands for itself: no DNS names it, so nothing signs it. */
export function literalAddress(ip: string, settings: AddressSettings): TargetAddresses {
  return usable(nothing(ip, "insecure", []), [ip], settings);
}

/** What the answers rest on, before any address counts. */
function nothing(host: string, security: Security, lookups: readonly Lookup[]): TargetAddresses {
  const secure = security === "secure";
  return {
    host,
    canonicalName: secure ? lookups.find(({ status }) => status === "found")?.canonicalName ?? host : host,
    security,
    addresses: [],
    ttlMs: Math.min(MAX_TTL_MS, ...lookups.map(({ ttlMs }) => ttlMs)),
    signedUntil: secure ? earliest(lookups) : null,
    cause: null,
    lookups,
  };
}

function addressesOf({ records }: Lookup): string[] {
  return records.flatMap((record) => "address" in record ? [record.address] : []);
}

function usable(
  answer: TargetAddresses,
  found: readonly string[],
  { allowPrivateAddresses }: AddressSettings,
): TargetAddresses {
  const allowed = found.flatMap((address) => allow(address, allowPrivateAddresses));
  const addresses = interleaved([...new Set(allowed)]).slice(0, MAX_ADDRESSES);
  if (addresses.length > 0) return { ...answer, addresses };
  if (found.length === 0) return { ...answer, cause: "dns.no-address" };
  return { ...answer, cause: "tcp.forbidden", forbidden: found.slice(0, MAX_ADDRESSES) };
}

/** RFC 8305 4: IPv6 first, then the families in turn, so that one that is broken costs one step. */
function interleaved(addresses: readonly string[]): string[] {
  const [six, four] = [true, false].map((v6) => addresses.filter((address) => address.includes(":") === v6));
  return six!.flatMap((address, n) => [address, ...four!.slice(n, n + 1)]).concat(four!.slice(six!.length));
}

/** One address or none. An IPv4 address in IPv6 clothes is judged, and dialled, as what it is. */
function allow(text: string, allowPrivate: boolean): string[] {
  if (!ipaddr.isValid(text)) return [];
  const address = ipaddr.process(text);
  const range = address.range();
  const open = range === "unicast" || (allowPrivate && !NEVER.includes(range));
  return open ? [address.toString()] : [];
}
