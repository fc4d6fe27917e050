/** Warns before certificates end: ours, and those of the peers that are connected. protocol.md 6.6, 6.7. */
import type { CertificateFacts } from "../facts/certificate.ts";
import { BoundedMap } from "../bounded/map.ts";
import type { Host } from "./host.ts";

const DAY_MS = 86_400_000;
/** So many days ahead, each once. */
const STEPS = [1, 7, 14, 30];
/** Certificates whose warnings are remembered. */
const MEMORY = 10_000;

export class Expiry {
  readonly #host: Host;
  /** The last step that was told, by certificate. */
  readonly #told = new BoundedMap<string, number>(MEMORY);

  constructor(host: Host) {
    this.#host = host;
  }

  /** Tells once per step and certificate. */
  look(
    { sha256, notAfter, subject }: CertificateFacts,
    whose: "ours" | "peer",
    names: readonly string[],
    connection?: string,
  ): void {
    const left = notAfter - this.#host.clock.now();
    const days = STEPS.find((step) => left <= step * DAY_MS);
    if (days === undefined || (this.#told.get(sha256) ?? Infinity) <= days) return;
    this.#told.set(sha256, days);
    this.#host.tell({
      type: "certificate.expiring",
      level: "warning",
      ...(connection ? { connection } : {}),
      detail: { whose, days, names: [...names], subject, notAfter: new Date(notAfter).toISOString() },
    });
  }
}
