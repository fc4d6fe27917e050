/** Readiness for all who ask: one question to the resolver at a time, however many look. */
import type { Health, Readiness } from "./contract.ts";
import { within } from "./patience.ts";
import type { ServerView } from "./view.ts";

/** For those who look all the time. */
const FRESH_MS = 5000;
/** They shall not wait for a resolver that does not answer. */
const PATIENCE_MS = 300;

export class HealthDesk {
  readonly #view: ServerView;
  #latest: Readiness | null = null;
  #due = 0;
  #asking: Promise<Readiness> | null = null;

  constructor(view: ServerView) {
    this.#view = view;
  }

  /** As it is now. */
  now(): Promise<Readiness> {
    this.#asking ??= this.#ask().finally(() => this.#asking = null);
    return this.#asking;
  }

  async #ask(): Promise<Readiness> {
    this.#due = performance.now() + FRESH_MS;
    return this.#latest = await this.#view.readiness();
  }

  /** As it was a few seconds ago; null while nobody knows. */
  async latest(): Promise<Readiness | null> {
    if (performance.now() >= this.#due) {
      await within(PATIENCE_MS, this.now().catch(() => {}));
    }
    return this.#latest;
  }
}

/** The same for people. */
export function healthOf(readiness: Readiness | null): Health {
  const failing = readiness?.checks.filter(({ ok }) => !ok) ?? [];
  const reasons = failing.map(({ text, detail }) => detail === null ? text! : `${text}: ${detail}`);
  if (failing.some(({ name }) => name === "draining")) return { word: "draining", reasons };
  return { word: failing.length === 0 ? "healthy" : "degraded", reasons };
}
