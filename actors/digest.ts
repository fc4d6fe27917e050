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
  /** All of them are about one pair. */
  alike: boolean;
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
    known.alike &&= isAlike(known.last, happening);
    known.last = happening;
  }

  /** Nothing more comes: what was not told yet is told now. */
  close(): void {
    for (const key of [...this.#kinds.keys()]) this.#end(key);
  }

  #begin(key: string, last: Happening): Kind {
    const timer = this.#host.clock.setTimeout(() => this.#end(key), WINDOW_MS);
    const kind = { told: 0, more: 0, last, alike: true, timer };
    this.#kinds.set(key, kind);
    return kind;
  }

  #end(key: string): void {
    const { more, last, alike, timer } = this.#kinds.get(key)!;
    this.#kinds.delete(key);
    this.#host.clock.clearTimeout(timer);
    if (more === 0) return;
    const { pair, ...others } = last;
    const detail = { ...last.detail, repeated: more };
    this.#host.tell({ ...others, ...(pair !== undefined && alike ? { pair } : {}), detail });
  }
}

function isAlike(one: Happening, other: Happening): boolean {
  return one.pair?.local === other.pair?.local && one.pair?.remote === other.pair?.remote;
}
