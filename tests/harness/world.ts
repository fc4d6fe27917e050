/**
 * The example world of protocol.md 1 on a loopback subnet of its own: signed zones, a private PKI, addresses for the
 * server under test (xmpp1.receiving.example) and for the scripted peer (xmpp1.originating.example).
 */
import net from "node:net";
import { once } from "node:events";
import type { Endpoint } from "../peer/peer.ts";
import type { Identity } from "../peer/wire.ts";
import { Authority } from "./certificates.ts";
import { NameServer } from "./dns/server.ts";
import { anchorLine } from "./dns/sign.ts";
import { Zone, type ZoneOptions } from "./dns/zone.ts";

export const ORIGINATING = "xmpp1.originating.example";
export const RECEIVING = "xmpp1.receiving.example";
export const S2S_PORT = 5269;

/** Last octets of the subnet. */
const OCTET = { dns: 53, peer: 11, server: 21 };

export interface Srv {
  readonly target: string;
  readonly port?: number;
  readonly priority?: number;
  readonly weight?: number;
}

export const srvOwner = (domain: string): string => `_xmpp-server._tcp.${domain}`;

export class World implements AsyncDisposable {
  /** Of more subnets. */
  readonly #elsewhere: net.Server[] = [];

  private constructor(
    readonly subnet: string,
    readonly dns: NameServer,
    readonly ca: Authority,
    /** Server-name certificate of the scripted peer. */
    readonly originating: Identity,
    /** Server-name certificate of the server under test. */
    readonly receiving: Identity,
    readonly lock: net.Server,
  ) {}

  static async start(): Promise<World> {
    const { subnet, lock } = await freeSubnet();
    const ca = await Authority.root();
    const [dns, originating, receiving] = await Promise.all([
      NameServer.listen(`${subnet}.${OCTET.dns}`, 5353),
      ca.issue({ names: [ORIGINATING] }),
      ca.issue({ names: [RECEIVING] }),
    ]);
    const world = new World(subnet, dns, ca, originating, receiving, lock);
    world.#build();
    return world;
  }

  ip(octet: number): string {
    return `${this.subnet}.${octet}`;
  }

  /** An address in a subnet of its own. */
  async elsewhere(): Promise<string> {
    const { subnet, lock } = await freeSubnet();
    this.#elsewhere.push(lock);
    return `${subnet}.2`;
  }

  get peerIp(): string {
    return this.ip(OCTET.peer);
  }

  get serverIp(): string {
    return this.ip(OCTET.server);
  }

  /** The root's key in presentation format, for `dns.trust_anchor`. */
  get anchor(): string {
    return anchorLine(this.zone(""));
  }

  zone(name: string): Zone {
    return this.dns.zones.get(name);
  }

  addZone(name: string, options?: ZoneOptions): Zone {
    return this.dns.zones.add(new Zone(name, options));
  }

  /** A customer zone whose SRV delegates to `targets`. */
  customer(domain: string, targets: readonly (Srv | string)[] = [ORIGINATING], options?: ZoneOptions): Zone {
    return this.delegate(this.addZone(domain, options), targets);
  }

  /** Replaces the SRV of an existing zone. */
  delegate(zone: Zone, targets: readonly (Srv | string)[], ttl?: number): Zone {
    const records = targets.map((one) => typeof one === "string" ? { target: one } : one);
    const filled = records.map(({ target, port = S2S_PORT, priority = 10, weight = 0 }) => ({
      target,
      port,
      priority,
      weight,
    }));
    return zone.set(srvOwner(zone.name), "SRV", filled, ttl);
  }

  /** A further machine: its own signed zone, an address, and where to listen. */
  machine(name: string, octet: number, zone = name.split(".").slice(1).join(".")): Endpoint {
    const known = this.#zones.has(zone) ? this.zone(zone) : this.addZone(zone);
    this.#zones.add(zone);
    known.set(name, "A", [this.ip(octet)]);
    return { host: this.ip(octet), port: S2S_PORT };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dns[Symbol.asyncDispose]();
    for (const lock of [this.lock, ...this.#elsewhere]) {
      const closed = once(lock, "close");
      lock.close();
      await closed;
    }
  }

  readonly #zones = new Set<string>();

  #build(): void {
    this.addZone("");
    this.addZone("example");
    this.machine(ORIGINATING, OCTET.peer);
    this.machine(RECEIVING, OCTET.server);
    for (const name of ["sender.example", "other-sender.example"]) this.customer(name);
    for (const name of ["target.example", "other-target.example"]) this.customer(name, [RECEIVING]);
    this.customer("unsigned.example", [ORIGINATING], { signed: false });
    this.customer("bogus.example").damage(srvOwner("bogus.example"), "SRV", "corrupt");
  }
}

/** A /24 of 127/8 that no other test holds: whoever binds its .1 has it. */
async function freeSubnet(): Promise<{ subnet: string; lock: net.Server }> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const subnet = `127.${64 + random(60)}.${1 + random(250)}`;
    const lock = net.createServer();
    const bound = once(lock, "listening").then(() => true, () => false); // `once` rejects on "error"
    lock.listen(S2S_PORT, `${subnet}.1`);
    if (await bound) return { subnet, lock };
  }
  throw new Error("No loopback subnet is free after 100 attempts");
}

const random = (below: number): number => Math.floor(Math.random() * below);
