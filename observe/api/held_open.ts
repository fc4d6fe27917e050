/**
 * The console's port, held open. It gives way first: where it cannot go on, or where the server has no file descriptor
 * left, all its connections end and it is closed for a while; never does it end the process, or keep a peer out.
 */
import type { Recorder } from "../recorder.ts";

/** Closed for so long: what watches it asks again, and whoever floods it waits while peers come in. */
const PAUSE_MS = 3000;

/** Opens the port; the signal ends it and all its connections. */
export type Open = (port: number | null, signal: AbortSignal) => Deno.HttpServer<Deno.NetAddr>;

export class HeldOpen {
  readonly addr: Deno.NetAddr;
  readonly #open: Open;
  readonly #recorder: Recorder;
  readonly #pauseMs: number;
  readonly #unlisten: () => void;
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #end = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  /** @throws {Error} when it cannot be opened at first. */
  constructor(open: Open, recorder: Recorder, pauseMs = PAUSE_MS) {
    [this.#open, this.#recorder, this.#pauseMs] = [open, recorder, pauseMs];
    this.addr = this.#begin(null).addr;
    this.#unlisten = recorder.listen(({ type }) => {
      if (type === "server.starved") this.#giveWay();
    });
  }

  #begin(port: number | null): Deno.HttpServer<Deno.NetAddr> {
    const end = this.#end = new AbortController();
    const server = this.#server = this.#open(port, end.signal);
    // COMPAT: Deno 2.9.6 ends `finished` so when a connection cannot be accepted, as without a file descriptor.
    server.finished.catch((error) => {
      if (this.#server === server) this.#failed(error);
    });
    return server;
  }

  #failed(error: unknown): void {
    const detail = { error: String(error), pauseMs: this.#pauseMs };
    this.#recorder.tell({ type: "console.failed", level: "error", detail });
    this.#giveWay();
  }

  #giveWay(): void {
    if (this.#server === null || this.#over) return;
    this.#server = null;
    this.#end.abort();
    this.#timer = setTimeout(() => this.#again(), this.#pauseMs);
  }

  #again(): void {
    try {
      this.#begin(this.addr.port);
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
    await this.#server?.shutdown();
  }
}
