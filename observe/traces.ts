/** A ring for each connection and pair, of the living and of those that ended last; all within one bound. */
import type { Subject } from "../facts/event.ts";
import { ActorRing } from "./actor_ring.ts";
import type { Kept } from "./kept.ts";

/** Of connections and pairs that ended: the oldest go first. */
const GRAVES = 1000;
/** How many are compared when one has to go: who is busy is the quietest of so many only by a rare chance. */
const LOOKED_AT = 5;

/** The key of a connection, of a pair. Ids hold no blank. */
export type ActorKey = string & { readonly __brand: "ActorKey" };

export function keysOf({ connection, pair }: Subject): ActorKey[] {
  const keys: string[] = [];
  if (connection !== undefined) keys.push(connection);
  if (pair !== undefined) keys.push(pairActor(pair));
  return keys as ActorKey[];
}

export function pairActor({ local, remote }: NonNullable<Subject["pair"]>): ActorKey {
  return `${local} ${remote}` as ActorKey;
}

const isPair = (key: ActorKey): boolean => key.includes(" ");

export class Traces {
  /** In the order in which they are looked at when one has to go. */
  readonly #living = new Map<ActorKey, ActorRing>();
  /** In the order of their ends. */
  readonly #ended = new Map<ActorKey, ActorRing>();
  bytes = 0;

  get living(): number {
    return this.#living.size;
  }

  get ended(): number {
    return this.#ended.size;
  }

  add(key: ActorKey, kept: Kept): void {
    const ring = this.#living.get(key) ?? this.#late(key) ?? this.#begin(key, new ActorRing());
    const before = ring.bytes;
    ring.add(kept);
    this.bytes += ring.bytes - before;
  }

  /** Its connection is closed, its route rests: from now on it is among those that ended. */
  end(key: ActorKey): void {
    const ring = this.#living.get(key);
    if (ring === undefined) return;
    this.#living.delete(key);
    this.#ended.set(key, ring);
    if (this.#ended.size > GRAVES) this.#dropEnded();
  }

  find(key: ActorKey): { readonly ring: ActorRing; readonly ended: boolean } | null {
    const living = this.#living.get(key);
    if (living !== undefined) return { ring: living, ended: false };
    const ended = this.#ended.get(key);
    return ended === undefined ? null : { ring: ended, ended: true };
  }

  /** Lets one ring go: the one that ended first, else a quiet one. False when there is none. */
  drop(): boolean {
    return this.#dropEnded() || this.#dropQuiet();
  }

  /** A connection's last words come after its end; a pair that is told of again lives again. */
  #late(key: ActorKey): ActorRing | null {
    const ring = this.#ended.get(key);
    if (ring === undefined) return null;
    if (!isPair(key)) return ring;
    this.#ended.delete(key);
    this.#living.set(key, ring);
    return ring;
  }

  #begin(key: ActorKey, ring: ActorRing): ActorRing {
    this.#living.set(key, ring);
    this.bytes += ring.bytes;
    return ring;
  }

  #dropEnded(): boolean {
    for (const [key, ring] of this.#ended) {
      this.#ended.delete(key);
      this.bytes -= ring.bytes;
      return true;
    }
    return false;
  }

  /** Of a few, the one to which nothing was added for longest; the others go to the back. */
  #dropQuiet(): boolean {
    let quiet: [ActorKey, ActorRing] | null = null;
    let looked = 0;
    for (const [key, ring] of this.#living) {
      if (looked++ === LOOKED_AT) break;
      this.#living.delete(key);
      if (quiet === null) quiet = [key, ring];
      else if (ring.last >= quiet[1].last) this.#living.set(key, ring);
      else {
        this.#living.set(...quiet);
        quiet = [key, ring];
      }
    }
    if (quiet === null) return false;
    this.bytes -= quiet[1].bytes;
    return true;
  }
}
