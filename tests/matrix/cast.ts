/**
 * The cells of a sample in one world: each has a domain, a machine, an address and certificates of its own, so that all
 * of them run at once and whatever arrives at an address belongs to one cell. README.md: how a value is realised.
 */
import { createHash, X509Certificate } from "node:crypto";
import { EXPIRED, selfSigned } from "../harness/certificates.ts";
import { S2S_PORT, srvOwner, type World } from "../harness/world.ts";
import type { Zone } from "../harness/dns/zone.ts";
import type { Identity } from "../peer/wire.ts";
import { type Cell, collapse, describe, type Expected, expected } from "./oracle.ts";

/** The zone of every machine: signed, and so are their addresses. */
const MACHINES = "machines.example";

/** Below this the world's own machines have their addresses. */
const FIRST_OCTET = 60;

/** How many cells one world has addresses for. */
export const ROOM = 255 - FIRST_OCTET;

export interface Role {
  readonly cell: Cell;
  readonly expected: Expected;
  readonly domain: string;
  readonly machine: string;
  readonly ip: string;
  /** What the peer shows; null: no certificate. */
  readonly identity: Identity | null;
  /** Of the domain's authoritative server: never the one that is shown. */
  readonly authoritative: Identity;
  /** Of the domain's web server. */
  readonly web: Identity;
  /** Its POSH document; null: 404. */
  readonly posh: string | null;
}

export const domainOf = (n: number): string => `cell${n}.example`;

/** Publishes every cell's records and hands out the roles, in the order of `cells`. */
export async function cast(world: World, cells: readonly Cell[]): Promise<Role[]> {
  if (cells.length > ROOM) throw new RangeError(`${cells.length} cells in a world with room for ${ROOM}`);
  const machines = world.addZone(MACHINES);
  const authoritative = await selfSigned({ names: ["authoritative.example"] });
  const roles: Role[] = [];
  for (const [n, cell] of cells.entries()) {
    const role = await newRole(world, cell, n, authoritative);
    publish(world, machines, role);
    roles.push(role);
  }
  return roles;
}

async function newRole(world: World, cell: Cell, n: number, authoritative: Identity): Promise<Role> {
  const domain = domainOf(n);
  const machine = cell.srv === "none" ? domain : `cell${n}.${MACHINES}`;
  const identity = await shown(world, cell, domain, machine);
  return {
    cell,
    expected: expected(cell),
    domain,
    machine,
    ip: world.ip(FIRST_OCTET + n),
    identity,
    authoritative,
    web: await world.ca.issue({ names: [domain] }),
    posh: document(cell, identity),
  };
}

/** README.md, rows `cert`. Under srv `none` there is no SRV target: `srv-target` is some other machine's name. */
async function shown(
  world: World,
  { cert }: Cell,
  domain: string,
  machine: string,
): Promise<Identity | null> {
  const host = machine === domain ? `xmpp1.${domain}` : machine;
  switch (cert) {
    case "none":
      return null;
    case "sender":
      return await world.ca.issue({ names: [domain] });
    case "srv-target":
      return await world.ca.issue({ names: [host] });
    case "other":
      return await world.ca.issue({ names: ["third.example"] });
    case "self-signed":
      return await selfSigned({ names: [domain, host] });
    case "expired":
      return await world.ca.issue({ names: [domain], ...EXPIRED });
  }
}

/** README.md, rows `srv` and `tlsa`. The domain has an address of its own too, for its web server. */
function publish(
  world: World,
  machines: Zone,
  { cell, domain, machine, ip, identity, authoritative }: Role,
): void {
  const zone = world.addZone(domain, { signed: cell.srv !== "insecure" });
  zone.set(domain, "A", [ip]);
  if (cell.srv !== "none") world.delegate(zone, [machine]);
  if (cell.srv === "bogus") zone.damage(srvOwner(domain), "SRV", "corrupt");
  const place = cell.srv === "none" ? zone : machines;
  place.set(machine, "A", [ip]);
  const { tlsa } = collapse(cell);
  if (tlsa === "none") return;
  const owner = `_${S2S_PORT}._tcp.${machine}`;
  const pinned = tlsa === "match" ? [identity!, authoritative] : [authoritative];
  place.set(owner, "TLSA", pinned.map(pin));
  if (tlsa === "bogus") place.damage(owner, "TLSA", "corrupt");
}

/** `3 1 1` of a certificate. */
function pin({ certificate }: Identity) {
  const spki = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return { usage: 3, selector: 1, matchingType: 1, certificate: createHash("sha256").update(spki).digest() };
}

/** README.md, row `posh`: over the DER certificate (protocol.md 3.6). */
function document(cell: Cell, identity: Identity | null): string | null {
  const { posh } = collapse(cell);
  if (posh === "none") return null;
  const leaf = posh === "match" ? new X509Certificate(identity!.certificate).raw : describe(cell);
  const fingerprint = createHash("sha256").update(leaf).digest("base64");
  return JSON.stringify({ fingerprints: [{ "sha-256": fingerprint }], expires: 3600 });
}
