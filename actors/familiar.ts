/** Notices when a peer shows another certificate than before. RFC 7590 3.6; protocol.md 6.7. */
import type { PeerCertificate } from "../facts/certificate.ts";
import { BoundedMap } from "../bounded/map.ts";
import type { Host } from "./host.ts";

/** Peers that are remembered; those that were not seen for longest go first. */
const MEMORY = 10_000;

export class Familiar {
  readonly #host: Host;
  /** SHA-256 of the last certificate, by the stream's remote name and the machine's address. */
  readonly #seen = new BoundedMap<string, string>(MEMORY);

  constructor(host: Host) {
    this.#host = host;
  }

  /** @param name The remote name of the stream's header. */
  look(name: string, ip: string, certificate: PeerCertificate, connection: string): void {
    const facts = certificate.state === "absent" ? null : certificate.facts;
    if (facts === null) return;
    const key = `${name} ${ip}`;
    const before = this.#seen.get(key);
    this.#seen.set(key, facts.sha256);
    if (before === undefined || before === facts.sha256) return;
    this.#host.tell({
      type: "certificate.changed",
      level: "warning",
      connection,
      detail: { name, peer: ip, before, after: facts.sha256, state: certificate.state, issuer: facts.issuer },
    });
  }
}
