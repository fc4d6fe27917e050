/** The overview once a second, made once for all who look. */
import type { ApiParts } from "../api/endpoint.ts";
import type { Line } from "./line.ts";
import type { Subscription } from "./subscription.ts";

/** So many ticks are a second. */
const EVERY = 4;

export class OverviewTopic implements Subscription {
  readonly #parts: ApiParts;
  readonly #line: Line;
  #ticks = 0;
  #closed = false;

  constructor(parts: ApiParts, line: Line) {
    this.#parts = parts;
    this.#line = line;
    void this.#say();
  }

  tick(): void {
    if (++this.#ticks % EVERY === 0) void this.#say();
  }

  async #say(): Promise<void> {
    const json = await this.#parts.overview.json();
    if (json !== null && !this.#closed) {
      this.#line.sayText(`{"op":"snapshot","topic":"overview","data":${json}}`);
    }
  }

  close(): void {
    this.#closed = true;
  }
}
