/** Validated DNS lookups through the native library: one engine, one pump. native.md 1; resolver.md 4. */
import type { Lookup, RecordType } from "../facts/dns.ts";
import { decodeReply, failedLookup, type Reply } from "./answer.ts";
import { BUSY, type Library, libraryPath, openLibrary } from "./library.ts";

export interface ResolverSettings {
  readonly servers: readonly { readonly ip: string; readonly port: number; readonly tcpOnly?: boolean }[];
  /** "iana" or the path of a file of root DNSKEY lines. */
  readonly trustAnchor: string;
  /** The second validator must agree. */
  readonly witness: boolean;
}

export interface ResolverLimits {
  /** One whole lookup. */
  readonly timeoutMs?: number;
  /** One question to one server. */
  readonly queryTimeoutMs?: number;
  /** Lookups at one time; more are answered with the cause `dns.busy`. */
  readonly maxInflight?: number;
  /** What one lookup may cost (protocol.md 5.9). */
  readonly budget?: { readonly questions: number; readonly signatures: number; readonly bytes: number };
  /** Only for tests: moves the clock that signatures and caches are judged by. */
  readonly clockOffsetMs?: number;
  readonly library?: string | URL;
}

export interface LookupOptions {
  /** Past every cache of ours (protocol.md 3.9). */
  readonly fresh?: boolean;
  /** With the chain of trust, for evidence. Default true. */
  readonly chain?: boolean;
  readonly signal?: AbortSignal;
}

/** Asks one question; {@link Resolver.lookup} is one. */
export type Ask = (name: string, type: RecordType, options?: LookupOptions) => Promise<Lookup>;

/** Whether the root's keys validate against the configured anchors. */
export interface Readiness {
  readonly ready: boolean;
  readonly lookup: Lookup;
  /** Root keys with the SEP flag that are no anchor of ours: the sign of a coming key roll. */
  readonly unanchored: readonly number[];
}

interface Waiting {
  readonly name: string;
  readonly type: RecordType;
  readonly signal: AbortSignal | undefined;
  settle(lookup: Lookup | null): void;
}

/** In bytes; it grows to the largest batch of replies. */
const FIRST_BUFFER = 64 * 1024;
const WAIT_MS = 60_000;
const REVOKED = 0x0080;
const SEP = 0x0001;

const text = new TextEncoder();
const utf8 = new TextDecoder();

/** Owns the library, the tickets and the pump. Dispose it: a waiting pump keeps the process alive. */
export class Resolver implements AsyncDisposable {
  readonly #library: Library;
  readonly #handle: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pumping: Promise<void>;
  #lastTicket = 0;
  #buffer = new Uint8Array(FIRST_BUFFER);
  #closed = false;

  /** @throws {Error} when the library is missing, or refuses the settings (its words say why). */
  constructor(settings: ResolverSettings, limits: ResolverLimits = {}) {
    this.#library = openLibrary(limits.library ?? libraryPath());
    this.#handle = this.#open(configuration(settings, limits));
    this.#pumping = this.#pump();
  }

  /**
   * The validated answer to one question of class IN; failures are answers with a cause.
   *
   * @param name In A-labels, with or without the final dot.
   * @throws the signal's reason, when it aborts first.
   */
  lookup(name: string, type: RecordType, options: LookupOptions = {}): Promise<Lookup> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#closed) {
      return Promise.resolve(failedLookup(name, type, "dns.internal", "the resolver is closed", Date.now()));
    }
    const ticket = this.#nextTicket();
    const refusal = this.#submit(ticket, name, type, options);
    if (refusal !== null) return Promise.resolve(refusal);
    return new Promise((resolve, reject) => {
      const cancel = () => this.#library.symbols.dns_cancel(this.#handle, ticket);
      signal?.addEventListener("abort", cancel, { once: true });
      const settle = (lookup: Lookup | null) => {
        signal?.removeEventListener("abort", cancel);
        if (signal?.aborted) reject(signal.reason);
        else {resolve(
            lookup ?? failedLookup(name, type, "dns.internal", "the resolver was closed", Date.now()),
          );}
      };
      this.#waiting.set(ticket, { name, type, signal, settle });
    });
  }

  /** Asks for the root's keys: nothing can be secure before they are. */
  async readiness(): Promise<Readiness> {
    const lookup = await this.lookup(".", "DNSKEY", { fresh: true });
    const anchors = lookup.chain[0]?.keyTags ?? [];
    const unanchored = lookup.records.flatMap((record) =>
      record.t === "DNSKEY" && (record.flags & SEP) !== 0 && (record.flags & REVOKED) === 0 &&
        !anchors.includes(record.keyTag)
        ? [record.keyTag]
        : []
    );
    return { ready: lookup.status === "found" && lookup.security === "secure", lookup, unanchored };
  }

  /** Counters of the library: running, waiting, answered, panics, questions, cached. */
  stats(): Record<string, number> {
    return this.#control({ cmd: "stats" });
  }

  /** Forgets every cached answer, key and verdict. */
  flush(): void {
    this.#control({ cmd: "flush" });
  }

  /** Only for tests: sets the offset of the clock that signatures and caches are judged by. */
  moveClock(offsetMs: number): void {
    this.#control({ cmd: "clock", offsetMs });
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

  /** Null when the library took the question. */
  #submit(ticket: number, name: string, type: RecordType, options: LookupOptions): Lookup | null {
    const absolute = name === "" || name.endsWith(".") ? name : `${name}.`;
    const request = {
      v: 1,
      name: absolute,
      type,
      noCache: options.fresh ?? false,
      chain: options.chain ?? true,
    };
    const json = text.encode(JSON.stringify(request));
    const code = this.#library.symbols.dns_submit(this.#handle, ticket, json, json.length);
    if (code === 0) return null;
    return code === BUSY
      ? failedLookup(name, type, "dns.busy", "too many lookups wait", Date.now())
      : failedLookup(name, type, "dns.internal", `the library refused the question (${code})`, Date.now());
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
    const reply = JSON.parse(utf8.decode(bytes)) as Reply;
    waiting.settle(decodeReply(reply, waiting.name, waiting.type, Date.now()));
  }

  #control(command: Record<string, unknown>): Record<string, number> {
    const json = text.encode(JSON.stringify(command));
    const out = new Uint8Array(4096);
    const size = this.#library.symbols.dns_control(this.#handle, json, json.length, out, out.length);
    if (size < 0) throw new Error(`The native resolver refuses ${command.cmd} (${size})`);
    return JSON.parse(utf8.decode(out.subarray(0, size)));
  }
}

function configuration(settings: ResolverSettings, limits: ResolverLimits): Record<string, unknown> {
  const { timeoutMs, queryTimeoutMs: attemptMs, maxInflight, budget, clockOffsetMs } = limits;
  return {
    v: 1,
    mode: "stub",
    servers: settings.servers.map(({ ip, port, tcpOnly = false }) => ({ ip, port, tcpOnly })),
    anchors: settings.trustAnchor === "iana" ? "iana" : { file: settings.trustAnchor },
    witness: settings.witness,
    ...{ timeoutMs, attemptMs, maxInflight, budget, clockOffsetMs },
  };
}
