/**
 * Resource records as the test world writes them, and their canonical wire form (RFC 4034 6).
 */
// @ts-types="npm:@types/dns-packet@5.6.5"
import dnsPacket from "dns-packet";
import { Buffer } from "node:buffer";

/** Type numbers of the records that the world serves or signs. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
} as const;

export type Type = keyof typeof TYPE;

/** All records of one owner and type; `data` is what dns-packet encodes for that type. */
export interface RRset {
  readonly owner: string;
  readonly type: Type;
  readonly ttl: number;
  readonly data: readonly unknown[];
}

/** One record in the shape that dns-packet writes. */
export interface Record {
  name: string;
  type: string;
  ttl: number;
  class: "IN";
  data: unknown;
}

/** Lower case, no final dot; the root is the empty string. */
export const canonical = (name: string): string => name.replace(/\.$/, "").toLowerCase();

export const labels = (name: string): string[] => name === "" ? [] : name.split(".");

export const isBelow = (name: string, zone: string): boolean =>
  zone === "" || name === zone || name.endsWith(`.${zone}`);

export const parentOf = (name: string): string => labels(name).slice(1).join(".");

/** A domain name in wire form, not compressed. */
export function wireName(name: string): Uint8Array {
  const parts = labels(name).map((label) => Buffer.from(label, "utf8"));
  return Buffer.concat([...parts.flatMap((part) => [Buffer.from([part.length]), part]), Buffer.from([0])]);
}

/** RDATA in wire form: `lengthed` records of dns-packet carry their length first, which is cut off. */
export function rdata(type: Type, data: unknown): Buffer {
  // deno-lint-ignore no-explicit-any
  const codec = (dnsPacket as any).record(type);
  return Buffer.from(codec.encode(data)).subarray(2);
}

/** RDATA as it is signed: names inside are lower-cased (RFC 4034 6.2; the target in appendix C.3). */
export function canonicalRdata(type: Type, data: unknown): Buffer {
  if (type === "SRV") {
    const srv = data as { target: string };
    return rdata(type, { ...srv, target: canonical(srv.target) || "." });
  }
  if (type === "NS" || type === "CNAME" || type === "DNAME") return rdata(type, canonical(data as string));
  return rdata(type, data);
}

export function asRecords(set: RRset): Record[] {
  return set.data.map((data) => ({
    name: set.owner || ".",
    type: set.type,
    ttl: set.ttl,
    class: "IN",
    data,
  }));
}

/** Canonical order of names (RFC 4034 6.1): label by label from the right. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [labels(a).reverse(), labels(b).reverse()];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = Buffer.compare(Buffer.from(left[i]!), Buffer.from(right[i]!));
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
