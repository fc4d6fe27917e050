/** Spans whose end has yet to be told, by what they are about: within a bound, each found without a walk. */
import { BoundedMap } from "../../bounded/map.ts";
import { Groups } from "../groups.ts";
import type { Begun } from "./span.ts";

export interface Open {
  readonly key: string;
  readonly span: Begun;
  /** Until when its stages are known. */
  mark: number;
  /** The attempt below which it stands. */
  readonly under: Open | null;
  /** The connection that it ends with. */
  readonly on: string | null;
  /** Whose request it is, of a peer's. */
  readonly asked: string | null;
}

/** What is begun and never told the end of must not be kept for ever. */
const MOST_OPEN = 10_000;

export class OpenSpans {
  readonly #open = new BoundedMap<string, Open>(MOST_OPEN, (open) => {
    this.#unlink(open);
    open.span.end(open.mark, null);
  });
  readonly #byConnection = new Groups<string, Open>();
  readonly #byRequest = new Groups<string, Open>();

  get size(): number {
    return this.#open.size;
  }

  get(key: string): Open | null {
    return this.#open.get(key) ?? null;
  }

  /** Those that wait on a connection. */
  on(connection: string): Iterable<Open> {
    return this.#byConnection.of(connection);
  }

  /** The peer's request for a pair that is under way longest, on whatever connection. */
  askedFor(pair: string): Open | null {
    for (const open of this.#byRequest.of(pair)) return open;
    return null;
  }

  /** There must be none of its key. */
  add(open: Open): void {
    this.#open.set(open.key, open);
    if (open.on !== null) this.#byConnection.add(open.on, open);
    if (open.asked !== null) this.#byRequest.add(open.asked, open);
  }

  /** Whoever takes it ends it. Null: there is none. */
  take(key: string): Open | null {
    const open = this.get(key);
    if (open === null) return null;
    this.#open.delete(key);
    this.#unlink(open);
    return open;
  }

  #unlink(open: Open): void {
    if (open.on !== null) this.#byConnection.remove(open.on, open);
    if (open.asked !== null) this.#byRequest.remove(open.asked, open);
  }
}
