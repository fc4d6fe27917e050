/** Our certificates: loaded anew when their files change, looked at before they end. protocol.md 6.3, 6.6. */
import { Identities } from "../wire/identity.ts";
import { Expiry } from "./expiry.ts";
import { replaceIdentities } from "./governance.ts";
import { loadIdentities } from "./material.ts";
import type { Server } from "./server.ts";
import { watchFiles } from "./watch.ts";

/** Ends come closer, and a file system may forget to tell. */
const LOOK_MS = 3_600_000;

export class Certificates {
  readonly expiry: Expiry;
  readonly #server: Server;
  #watch: Disposable | null = null;
  #timer: unknown = null;
  /** Of the files that could not be used: told once. */
  #unusable: string | null = null;

  constructor(server: Server) {
    this.#server = server;
    this.expiry = new Expiry(server.host);
  }

  /** Also after a reload: other files may be named. */
  watch(): void {
    this.stop();
    const files = this.#server.config.certificates.flatMap(({ chain, key }) => [chain, key]);
    this.#watch = watchFiles(files, () => this.refresh());
    this.#look();
  }

  stop(): void {
    this.#watch?.[Symbol.dispose]();
    this.#server.host.clock.clearTimeout(this.#timer);
  }

  /** Takes up what the files hold now; what cannot be used leaves the old ones in use. */
  refresh(): void {
    const server = this.#server;
    const now = Identities.fingerprintOf(server.config.certificates, Deno.readTextFileSync);
    if (now === server.identities.fingerprint) return;
    let identities: Identities;
    try {
      identities = loadIdentities(server.config);
    } catch (error) {
      return this.#kept(now ?? "", (error as Error).message);
    }
    this.#unusable = null;
    replaceIdentities(server, identities);
    server.host.tell({
      type: "certificate.loaded",
      detail: {
        certificates: identities.facts.map(({ identifiers, notAfter }) => ({
          names: identifiers.map(({ name }) => name),
          notAfter: new Date(notAfter).toISOString(),
        })),
      },
    });
    this.#lookAtOurs();
  }

  #kept(fingerprint: string, why: string): void {
    if (this.#unusable === fingerprint) return;
    this.#unusable = fingerprint;
    this.#server.host.tell({
      type: "certificate.kept",
      level: "warning",
      cause: "tls.own-certificate",
      detail: { why },
    });
  }

  #look(): void {
    this.refresh();
    this.#lookAtOurs();
    for (const { id, row } of this.#server.shells.values()) {
      const { certificate, serverNames } = row;
      if (certificate.state === "accepted") this.expiry.look(certificate.facts, "peer", serverNames, id);
    }
    this.#timer = this.#server.host.clock.setTimeout(() => this.#look(), LOOK_MS);
  }

  #lookAtOurs(): void {
    for (const facts of this.#server.identities.facts) {
      this.expiry.look(facts, "ours", facts.identifiers.map(({ name }) => name));
    }
  }
}
