/** DNSSEC signatures of the test world: ECDSA P-256 (algorithm 13), one key per zone (RFC 4034, 6605). */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { asRecords, canonicalRdata, labels, type Record, type RRset, TYPE, wireName } from "./records.ts";
import type { Damage, Zone } from "./zone.ts";

const ALGORITHM = 13;
/** Zone key and secure entry point: one key signs everything. */
const FLAGS = 257;

export interface SigningKey {
  readonly secret: KeyObject;
  readonly publicKey: Buffer;
}

export function newSigningKey(): SigningKey {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = pair.publicKey.export({ format: "jwk" });
  return {
    secret: pair.privateKey,
    publicKey: Buffer.concat([Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]),
  };
}

export const dnskey = (key: SigningKey) => ({ flags: FLAGS, algorithm: ALGORITHM, key: key.publicKey });

const dnskeyRdata = (key: SigningKey): Buffer =>
  Buffer.concat([Buffer.from([FLAGS >> 8, FLAGS & 255, 3, ALGORITHM]), key.publicKey]);

/** RFC 4034 appendix B. */
export function keyTag(key: SigningKey): number {
  let sum = 0;
  dnskeyRdata(key).forEach((byte, i) => sum += i & 1 ? byte : byte << 8);
  return (sum + (sum >> 16)) & 0xffff;
}

export function delegationSigner(zone: Zone) {
  const digest = createHash("sha256").update(wireName(zone.name)).update(dnskeyRdata(zone.key)).digest();
  return { keyTag: keyTag(zone.key), algorithm: ALGORITHM, digestType: 2, digest };
}

/** The root's key as a trust anchor file has it. */
export const anchorLine = (root: Zone): string =>
  `. 3600 IN DNSKEY ${FLAGS} 3 ${ALGORITHM} ${root.key.publicKey.toString("base64")}\n`;

interface Period {
  readonly inception: number;
  readonly expiration: number;
}

function period(zone: Zone, damage: Damage | undefined): Period {
  const now = Math.floor(Date.now() / 1000);
  if (damage === "expired") return { inception: now - 20_000, expiration: now - 10_000 };
  if (damage === "future") return { inception: now + 10_000, expiration: now + 20_000 };
  return { inception: now - 3600, expiration: now + zone.signatureLifetimeS };
}

/** The RRset followed by its RRSIG, unless the zone is unsigned or the signature was stripped. */
export function signed(zone: Zone, set: RRset, wildcard?: string): Record[] {
  const damage = zone.damageOf(wildcard ?? set.owner, set.type);
  if (!zone.signed || damage === "strip") return asRecords(set);
  const owner = wildcard ?? set.owner;
  const { inception, expiration } = period(zone, damage);
  const fields = {
    typeCovered: set.type,
    algorithm: ALGORITHM,
    labels: labels(owner).filter((label) => label !== "*").length,
    originalTTL: set.ttl,
    expiration,
    inception,
    keyTag: keyTag(zone.key),
    signersName: zone.name === "" ? "." : zone.name,
  };
  const signature = sign("sha256", signedOctets(zone, set, owner, fields), {
    key: zone.key.secret,
    dsaEncoding: "ieee-p1363",
  });
  if (damage === "corrupt") signature[20]! ^= 0x55;
  return [...asRecords(set), {
    name: set.owner || ".",
    type: "RRSIG",
    ttl: set.ttl,
    class: "IN",
    data: { ...fields, signature },
  }];
}

/** RFC 4034 3.1.8.1: the RRSIG's own fields, then every record in canonical form and order. */
function signedOctets(
  zone: Zone,
  set: RRset,
  owner: string,
  fields: { labels: number } & Period & { keyTag: number; originalTTL: number },
): Buffer {
  const head = Buffer.alloc(18);
  head.writeUInt16BE(TYPE[set.type], 0);
  head.writeUInt8(ALGORITHM, 2);
  head.writeUInt8(fields.labels, 3);
  head.writeUInt32BE(fields.originalTTL, 4);
  head.writeUInt32BE(fields.expiration, 8);
  head.writeUInt32BE(fields.inception, 12);
  head.writeUInt16BE(fields.keyTag, 16);
  const name = wireName(owner);
  const records = set.data.map((data) => canonicalRdata(set.type, data)).sort(Buffer.compare).map((data) => {
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(TYPE[set.type], 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(set.ttl, 4);
    fixed.writeUInt16BE(data.length, 8);
    return Buffer.concat([name, fixed, data]);
  });
  return Buffer.concat([head, wireName(zone.name), ...records]);
}
