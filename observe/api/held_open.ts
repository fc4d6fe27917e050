/**
 * The console's port or socket, held open. It gives way first: where it cannot go on, or where the server has no file descriptor
 * left, all its connections end and it is closed for a while; never does it end the process, or keep a peer out.
 */
import type { Recorder } from "../recorder.ts";
import type { Answer, Door } from "./door.ts";

/** Closed for so long: what watches it asks again, and whoever floods it waits while peers come in. */
const PAUSE_MS = 3000;

export class HeldOpen<A extends Deno.Addr = Deno.Addr> {
  readonly #door: Door<A>;
  readonly #answer: Answer;
  readonly #recorder: Recorder;
  readonly #pauseMs: number;
  readonly #unlisten: () => void;
  #server: Deno.HttpServer | null = null;
  #end = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  /** @throws {Error} when it cannot be opened at first. */
  constructor(door: Door<A>, answer: Answer, recorder: Recorder, pauseMs = PAUSE_MS) {
    [this.#door, this.#answer, this.#recorder, this.#pauseMs] = [door, answer, recorder, pauseMs];
    this.#begin();
    this.#unlisten = recorder.listen(({ type }) => {
      if (type === "server.starved") this.#giveWay();
    });
  }

  /** Where it listens. */
  get addr(): A {
    return this.#door.addr;
  }

  #begin(): void {
    const end = this.#end = new AbortController();
    const server = this.#server = this.#door.open(this.#answer, end.signal);
    // COMPAT: Deno 2.9.6 ends `finished` so when a connection cannot be accepted, as without a file descriptor.
    server.finished.catch((error) => {
      if (this.#server === server) this.#failed(error);
    });
  }

  #failed(error: unknown): void {
    const detail = { error: String(error), pauseMs: this.#pauseMs };
    this.#recorder.tell({ type: "console.failed", level: "error", detail });
    this.#giveWay();
  }

  #giveWay(): void {
    if (this.#server === null || this.#over) return;
    this.#server = null;
    this.#door.leave();
    this.#end.abort();
    this.#timer = setTimeout(() => this.#again(), this.#pauseMs);
  }

  #again(): void {
    try {
      this.#begin();
    } catch (error) {
      const detail = { error: String(error), pauseMs: this.#pauseMs };
      this.#recorder.tell({ type: "console.failed", level: "error", detail });
      this.#timer = setTimeout(() => this.#again(), this.#pauseMs);
    }
  }

  /** For good, after the answers that are under way. */
  async shutdown(): Promise<void> {
    this.#over = true;
    this.#unlisten();
    clearTimeout(this.#timer);
    this.#door.leave(); // at once: what is under way may outlast the process
    await this.#server?.shutdown();
  }
}
