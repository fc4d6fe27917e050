/** Readiness for all who ask: one question to the resolver at a time, however many look. */
import type { Happening } from "../facts/event.ts";
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

  /** What failed when it was told last. */
  #told = "";
  readonly #tell: (happening: Happening) => void;

  /** @param tell Hears of every change: what fails, and that it is well again. */
  constructor(view: ServerView, tell: (happening: Happening) => void = () => {}) {
    this.#view = view;
    this.#tell = tell;
  }

  /** As it is now. */
  now(): Promise<Readiness> {
    this.#asking ??= this.#ask().finally(() => this.#asking = null);
    return this.#asking;
  }

  async #ask(): Promise<Readiness> {
    this.#due = performance.now() + FRESH_MS;
    this.#latest = await this.#view.readiness();
    this.#changed(this.#latest);
    return this.#latest;
  }

  /** A server that was told to stop has said so already. */
  #changed(readiness: Readiness): void {
    const failing = readiness.checks.filter(({ ok }) => !ok);
    const told = failing.map(({ name, cause }) => `${name} ${cause}`).join();
    if (told === this.#told || failing.some(({ name }) => name === "draining")) return;
    this.#told = told;
    const { reasons } = healthOf(readiness);
    const [first] = failing;
    const cause = first?.cause === null || first === undefined ? {} : { cause: first.cause };
    this.#tell({
      type: "server.readiness",
      level: first === undefined ? "info" : "warning",
      ...cause,
      detail: { ready: readiness.ready, reasons },
    });
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
