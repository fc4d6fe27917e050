/** Which traces are exported: a share of all, and every one in which something failed. console.md 4.2. */
import type { SpanIds } from "../../facts/event.ts";
import type { Begun, Kind, Tracer } from "./span.ts";

/** Spans that one held trace may have: more of it are not kept. */
const MOST_SPANS = 200;

/**
 * Traces are chosen as they begin. One that was not waits until it has ended, and goes if nothing in it failed; else it is
 * begun in truth where it failed, with what was held of it.
 *
 * @param share Of all traces, from 0 to 1.
 */
export function sampled(tracer: Tracer, share: number, random: () => number = Math.random): Tracer {
  if (share >= 1) return tracer;
  return {
    begin(name, kind, at, under, beside) {
      if (under instanceof Held) return under.trace.hold(name, kind, at, under, beside);
      if (under === null && random() >= share) {
        return new HeldTrace(tracer).hold(name, kind, at, null, beside);
      }
      return tracer.begin(name, kind, at, under, truthOf(beside));
    },
  };
}

/** What the exporter knows of it; null as long as it is held. */
const truthOf = (span: Begun | null): Begun | null => span instanceof Held ? span.truth : span;

class HeldTrace {
  readonly #tracer: Tracer;
  readonly #spans: Held[] = [];
  #released = false;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  hold(name: string, kind: Kind, at: number, under: Held | null, beside: Begun | null): Held {
    const begin = () => this.#tracer.begin(name, kind, at, under?.truth ?? null, truthOf(beside));
    const held = new Held(this, begin, under === null);
    if (this.#released) held.release();
    else if (this.#spans.length < MOST_SPANS) this.#spans.push(held);
    return held;
  }

  /** Parents first: they began first. */
  release(): void {
    this.#released = true;
    for (const span of this.#spans.splice(0)) span.release();
  }

  /** Nothing failed until its end. Whoever links to one of its spans later keeps no more of it. */
  drop(): void {
    for (const span of this.#spans.splice(0)) span.drop();
  }
}

class Held implements Begun {
  readonly #begin: () => Begun;
  readonly #isRoot: boolean;
  /** Null: nobody will ask for it. */
  #said: ((span: Begun) => void)[] | null = [];
  truth: Begun | null = null;

  constructor(readonly trace: HeldTrace, begin: () => Begun, isRoot: boolean) {
    this.#begin = begin;
    this.#isRoot = isRoot;
  }

  get ids(): SpanIds | null {
    return this.truth?.ids ?? null;
  }

  event: Begun["event"] = (...words) => this.#say((span) => span.event(...words));
  set: Begun["set"] = (...words) => this.#say((span) => span.set(...words));
  end: Begun["end"] = (at, cause) => {
    this.#say((span) => span.end(at, cause));
    if (cause !== null) this.trace.release();
    else if (this.#isRoot) this.trace.drop();
  };

  release(): void {
    this.truth = this.#begin();
    for (const say of this.#said?.splice(0) ?? []) say(this.truth);
  }

  drop(): void {
    this.#said = null;
  }

  #say(word: (span: Begun) => void): void {
    if (this.truth === null) this.#said?.push(word);
    else word(this.truth);
  }
}
