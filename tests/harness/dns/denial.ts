/** Proofs that something does not exist: NSEC and NSEC3, made for each question (RFC 4035 3.1.3, RFC 5155 7.2). */
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { compareNames, isBelow, labels, parentOf, type Record, type Type, wireName } from "./records.ts";
import { signed } from "./sign.ts";
import type { Zone } from "./zone.ts";

const NEGATIVE_TTL = 1;

/** What a zone says about a name of its own: the types there, cuts to child zones included. */
export type TypesAt = (owner: string) => Type[];

export interface Chain {
  readonly zone: Zone;
  /** Every name that has records here, child zones' names included. */
  readonly owners: readonly string[];
  readonly typesAt: TypesAt;
}

/** Proves that `name` exists without the asked type, or (with `missing`) that it does not exist at all. */
export function denial(chain: Chain, name: string, missing: boolean): Record[] {
  if (!chain.zone.signed) return [];
  return chain.zone.denial === "nsec3" ? nsec3Denial(chain, name, missing) : nsecDenial(chain, name, missing);
}

/** Proves that the name itself is not there, for an answer made from a wildcard. */
export function noExactMatch(chain: Chain, name: string): Record[] {
  if (!chain.zone.signed) return [];
  if (chain.zone.denial === "nsec3") return nsec3For(chain, nextCloser(chain, name));
  return nsecFor(chain, name);
}

function nsecDenial(chain: Chain, name: string, missing: boolean): Record[] {
  const proofs = nsecFor(chain, name);
  if (missing) proofs.push(...nsecFor(chain, `*.${chain.zone.closestEncloser(name)}`.replace(/\.$/, "")));
  return unique(proofs);
}

/** The NSEC at `name`, or the one whose gap contains it. */
function nsecFor(chain: Chain, name: string): Record[] {
  const order = [...chain.owners].sort(compareNames);
  const at = order.findLastIndex((owner) => compareNames(owner, name) <= 0);
  const owner = order[at]!;
  const next = order[(at + 1) % order.length]!;
  return signed(chain.zone, {
    owner,
    type: "NSEC",
    ttl: NEGATIVE_TTL,
    data: [{ nextDomain: next === "" ? "." : next, rrtypes: bitmap(chain, owner, ["NSEC"]) }],
  });
}

/** A signed cut without DS lists no RRSIG of its own but that of the NSEC, which is always there. */
function bitmap(chain: Chain, owner: string, extra: Type[]): Type[] {
  return [...new Set<Type>([...chain.typesAt(owner), ...extra, "RRSIG"])];
}

function nsec3Denial(chain: Chain, name: string, missing: boolean): Record[] {
  if (!missing) return nsec3For(chain, name);
  const encloser = chain.zone.closestEncloser(name);
  return unique([
    ...nsec3For(chain, encloser),
    ...nsec3For(chain, nextCloser(chain, name)),
    ...nsec3For(chain, `*.${encloser}`),
  ]);
}

function nextCloser(chain: Chain, name: string): string {
  const depth = labels(chain.zone.closestEncloser(name)).length + 1;
  return labels(name).slice(-depth).join(".");
}

/** The NSEC3 whose hash equals that of `name`, or whose gap contains it. */
function nsec3For(chain: Chain, name: string): Record[] {
  const names = new Set(chain.owners.flatMap((owner) => upTo(owner, chain.zone.name)));
  const hashed = [...names].map((owner) => ({ owner, hash: nsec3Hash(owner) }))
    .sort((a, b) => Buffer.compare(a.hash, b.hash));
  const wanted = nsec3Hash(name);
  const at = hashed.findLastIndex(({ hash }) => Buffer.compare(hash, wanted) <= 0);
  const here = hashed.at(at)!;
  const next = hashed[(hashed.indexOf(here) + 1) % hashed.length]!;
  const types = chain.typesAt(here.owner);
  return signed(chain.zone, {
    owner: `${base32hex(here.hash)}.${chain.zone.name}`,
    type: "NSEC3",
    ttl: NEGATIVE_TTL,
    data: [{
      algorithm: 1,
      flags: 0,
      iterations: 0,
      salt: Buffer.alloc(0),
      nextDomain: next.hash,
      rrtypes: types.length === 0 || insecureCut(types) ? types : [...new Set<Type>([...types, "RRSIG"])],
    }],
  });
}

const insecureCut = (types: Type[]) =>
  types.includes("NS") && !types.includes("SOA") && !types.includes("DS");

/** `name` and every name between it and the zone (empty non-terminals have an NSEC3 too). */
function upTo(name: string, zone: string): string[] {
  const all = [];
  for (let at = name; isBelow(at, zone); at = parentOf(at)) {
    all.push(at);
    if (at === zone) break;
  }
  return all;
}

const nsec3Hash = (name: string): Buffer => createHash("sha1").update(wireName(name)).digest();

function base32hex(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{5}/g)!.map((five) => parseInt(five, 2).toString(32)).join("");
}

function unique(records: Record[]): Record[] {
  const seen = new Map(records.map((record) => [`${record.name} ${record.type}`, record]));
  return [...seen.values()];
}
