/** What a check is busy with, in the line that is written over. console.md 3.3. */
import type { Stage } from "../observe/contract.ts";
import { hush, progress } from "./output.ts";

const TICK_MS = 200;

/** What comes after a stage, by the first word of its id. */
const NEXT: Readonly<Record<string, string>> = {
  dns: "reaching its servers",
  tcp: "opening a stream",
  stream: "encrypting",
  tls: "proving who it is",
  proof: "asking to be let in",
};

export class CheckProgress implements Disposable {
  readonly #began = Date.now();
  readonly #what: string;
  readonly #all: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #done = 0;
  #doing = "asking DNS";

  constructor(domains: readonly string[]) {
    this.#all = domains.length;
    this.#what = domains.length === 1 ? domains[0]! : `${domains.length} domains`;
    this.#show();
    this.#timer = setInterval(() => this.#show(), TICK_MS);
  }

  decided({ id }: Stage): void {
    this.#doing = NEXT[id.split(".")[0]!] ?? this.#doing;
  }

  /** One of the domains. */
  done(): void {
    this.#done++;
  }

  #show(): void {
    const seconds = Math.floor((Date.now() - this.#began) / 1000);
    const doing = this.#all === 1 ? this.#doing : `${this.#done} done`;
    progress(`checking ${this.#what}: ${doing} … ${seconds} s`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    hush();
  }
}
