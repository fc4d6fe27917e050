/** Tells the first of a kind one by one and sums up the rest: a flood must not become a flood of log lines. */
import type { Happening } from "../facts/event.ts";
import type { Host } from "./host.ts";

const WINDOW_MS = 60_000;
/** Of one kind within a window. */
const ONE_BY_ONE = 10;
/** What comes beyond so many kinds is one kind. */
const KINDS = 1000;

interface Kind {
  told: number;
  more: number;
  last: Happening;
  readonly timer: unknown;
}

export class Digest {
  readonly #host: Host;
  readonly #kinds = new Map<string, Kind>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** `repeated` in the detail of the last one says for how many it stands. */
  tell(kind: string, happening: Happening): void {
    const key = this.#kinds.has(kind) || this.#kinds.size < KINDS ? kind : "";
    const known = this.#kinds.get(key) ?? this.#begin(key, happening);
    if (known.told < ONE_BY_ONE) {
      known.told++;
      return this.#host.tell(happening);
    }
    known.more++;
    known.last = happening;
  }

  /** Nothing more comes: what was not told yet is told now. */
  close(): void {
    for (const key of [...this.#kinds.keys()]) this.#end(key);
  }

  #begin(key: string, last: Happening): Kind {
    const timer = this.#host.clock.setTimeout(() => this.#end(key), WINDOW_MS);
    const kind = { told: 0, more: 0, last, timer };
    this.#kinds.set(key, kind);
    return kind;
  }

  #end(key: string): void {
    const { more, last, timer } = this.#kinds.get(key)!;
    this.#kinds.delete(key);
    this.#host.clock.clearTimeout(timer);
    if (more > 0) this.#host.tell({ ...last, detail: { ...last.detail, repeated: more } });
  }
}
