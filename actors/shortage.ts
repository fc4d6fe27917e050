/** No file descriptor is left: said once a second, and heard by whoever can give some back (`observe/api/held_open.ts`). */
import type { Host } from "./host.ts";

const QUIET_MS = 1000;

export class Shortage {
  readonly #host: Host;
  #quietUntil = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** @param wanted For what: a key of `[listen]`, or `dial`. */
  tell(wanted: string): void {
    const now = this.#host.clock.now();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + QUIET_MS;
    this.#host.tell({ type: "server.starved", level: "error", detail: { wanted } });
  }
}
