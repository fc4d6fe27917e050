/** The native library's asynchronous half: tickets out, replies in, one pump. resolver.md 4. */
import { type Library, libraryPath, openLibrary } from "./library.ts";

interface Waiting {
  readonly signal: AbortSignal | undefined;
  settle(reply: unknown): void;
}

/** In bytes; it grows to the largest batch of replies. */
const FIRST_BUFFER = 64 * 1024;
const WAIT_MS = 60_000;

const text = new TextEncoder();
const utf8 = new TextDecoder();

/** Where a request is handed over: the request in JSON, and the ticket that it will be answered by. */
export type Submit = (
  symbols: Library["symbols"],
  handle: number,
  ticket: number,
  json: Uint8Array<ArrayBuffer>,
) => number;

/** Owns the library, the tickets and the pump. Dispose it: a waiting pump keeps the process alive. */
export class Engine implements AsyncDisposable {
  readonly #library: Library;
  readonly #handle: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pumping: Promise<void>;
  #lastTicket = 0;
  #buffer = new Uint8Array(FIRST_BUFFER);
  #closed = false;

  /** @throws {Error} when the library is missing, or refuses the settings (its words say why). */
  constructor(settings: Record<string, unknown>, library: string | URL = libraryPath()) {
    this.#library = openLibrary(library);
    this.#handle = this.#open(settings);
    this.#pumping = this.#pump();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * The library's reply, null when the engine was closed first; a number below zero when it does not take the request.
   *
   * @throws the signal's reason, when it aborts first.
   */
  ask(request: Record<string, unknown>, submit: Submit, signal?: AbortSignal): Promise<unknown> | number {
    signal?.throwIfAborted();
    const { symbols } = this.#library;
    const ticket = this.#nextTicket();
    const code = submit(symbols, this.#handle, ticket, text.encode(JSON.stringify(request)));
    if (code !== 0) return code;
    return new Promise((resolve, reject) => {
      const cancel = () => symbols.dns_cancel(this.#handle, ticket);
      signal?.addEventListener("abort", cancel, { once: true });
      const settle = (reply: unknown) => {
        signal?.removeEventListener("abort", cancel);
        if (signal?.aborted) reject(signal.reason);
        else resolve(reply);
      };
      this.#waiting.set(ticket, { signal, settle });
    });
  }

  control(command: Record<string, unknown>): Record<string, number> {
    const json = text.encode(JSON.stringify(command));
    const out = new Uint8Array(4096);
    const size = this.#library.symbols.dns_control(this.#handle, json, json.length, out, out.length);
    if (size < 0) throw new Error(`The native resolver refuses ${command.cmd} (${size})`);
    return JSON.parse(utf8.decode(out.subarray(0, size)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return await this.#pumping;
    this.#closed = true;
    this.#library.symbols.dns_close(this.#handle); // wakes the pump,
    await this.#pumping; // which must end first: closing a library under a call is a crash
    this.#library.close();
    for (const { settle } of this.#waiting.values()) settle(null);
    this.#waiting.clear();
  }

  #open(settings: Record<string, unknown>): number {
    const json = text.encode(JSON.stringify(settings));
    const words = new Uint8Array(1024);
    const handle = this.#library.symbols.dns_open(json, json.length, words, words.length);
    if (handle > 0) return handle;
    this.#library.close();
    const end = words.indexOf(0);
    throw new Error(`Cannot open the resolver: ${utf8.decode(words.subarray(0, end < 0 ? undefined : end))}`);
  }

  #nextTicket(): number {
    do this.#lastTicket = (this.#lastTicket + 1) >>> 0; while (this.#waiting.has(this.#lastTicket));
    return this.#lastTicket;
  }

  /** One blocking call at a time on one of Deno's pool threads; it ends when the engine is closed. */
  async #pump(): Promise<void> {
    for (;;) {
      const size = await this.#library.symbols.dns_wait(this.#handle, WAIT_MS);
      if (size < 0) return;
      if (size > 0) this.#drain(size);
    }
  }

  #drain(size: number): void {
    if (size > this.#buffer.length) this.#buffer = new Uint8Array(size);
    const filled = this.#library.symbols.dns_drain(this.#handle, this.#buffer, this.#buffer.length);
    const view = new DataView(this.#buffer.buffer);
    for (let at = 0; at < filled;) {
      const end = at + 8 + view.getUint32(at + 4, true);
      this.#settle(view.getUint32(at, true), this.#buffer.subarray(at + 8, end));
      at = end;
    }
  }

  #settle(ticket: number, bytes: Uint8Array): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    this.#waiting.delete(ticket);
    waiting.settle(JSON.parse(utf8.decode(bytes)));
  }
}
