/** Validated DNS lookups through the native library. native.md 1; resolver.md 4. */
import type { Lookup, LookupFacts, RecordType } from "../facts/dns.ts";
import type { HttpsAnswer, HttpsGet } from "../facts/https.ts";
import { decodeReply, factsOf, failedLookup, type Reply } from "./answer.ts";
import { Engine, type Submit } from "./engine.ts";
import { BUSY, UNKNOWN } from "./library.ts";

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

/** What a server asks of its resolver. */
export type Answers = Pick<Resolver, "lookup" | "get" | "readiness" | "stats">;

/** Whether the root's keys validate against the configured anchors. */
export interface Readiness {
  readonly ready: boolean;
  readonly lookup: Lookup;
  /** Root keys with the SEP flag that are no anchor of ours: the sign of a coming key roll. */
  readonly unanchored: readonly number[];
}

const REVOKED = 0x0080;
const SEP = 0x0001;

const SUBMIT: Submit = (symbols, handle, ticket, json) =>
  symbols.dns_submit(handle, ticket, json, json.length);

/** Dispose it: what waits in the library keeps the process alive. */
export class Resolver implements AsyncDisposable {
  readonly #engine: Engine;
  /** Hears what every answer cost. */
  watch: ((facts: LookupFacts) => void) | null = null;

  /** @throws {Error} when the library is missing, or refuses the settings (its words say why). */
  constructor(settings: ResolverSettings, limits: ResolverLimits = {}) {
    this.#engine = new Engine(configuration(settings, limits), limits.library);
  }

  /**
   * The validated answer to one question of class IN; failures are answers with a cause.
   *
   * @param name In A-labels, with or without the final dot.
   * @throws the signal's reason, when it aborts first.
   */
  lookup(name: string, type: RecordType, options: LookupOptions = {}): Promise<Lookup> {
    const { signal, fresh: noCache = false, chain = true } = options;
    const failed = (cause: "dns.internal" | "dns.busy", why: string) =>
      Promise.resolve(failedLookup(name, type, cause, why, Date.now()));
    signal?.throwIfAborted();
    if (this.#engine.closed) return failed("dns.internal", "the resolver is closed");
    const absolute = name === "" || name.endsWith(".") ? name : `${name}.`;
    const asked = this.#engine.ask({ v: 1, name: absolute, type, noCache, chain }, SUBMIT, signal);
    if (asked === BUSY) return failed("dns.busy", "too many lookups wait");
    if (typeof asked === "number") {
      return failed("dns.internal", `the library refused the question (${asked})`);
    }
    return asked.then((reply) => {
      if (reply === null) return failed("dns.internal", "the resolver was closed");
      const lookup = decodeReply(reply as Reply, name, type, Date.now());
      this.watch?.(factsOf(reply as Reply, lookup));
      return lookup;
    });
  }

  /**
   * One HTTPS GET beside the lookups, from vetted addresses alone; failures are answers.
   *
   * @param anchors {@link Trust.handle}: who may vouch for the web server.
   * @throws the signal's reason, when it aborts first.
   */
  async get(request: HttpsGet, anchors: number, signal?: AbortSignal): Promise<HttpsAnswer> {
    const submit: Submit = (symbols, handle, ticket, json) =>
      symbols.https_get?.(handle, ticket, anchors, json, json.length) ?? UNKNOWN;
    const failed = (error: "busy" | "internal", why: string) => ({ error, why });
    if (this.#engine.closed) return failed("internal", "the library is closed");
    const asked = this.#engine.ask({ v: 1, ...request }, submit, signal);
    if (asked === BUSY) return failed("busy", "too many lookups wait");
    if (asked === UNKNOWN) return failed("internal", "the native library is too old: run `./dev native`");
    if (typeof asked === "number") return failed("internal", `the library refused it (${asked})`);
    return (await asked ?? failed("internal", "the library was closed")) as HttpsAnswer;
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
    return this.#engine.closed ? {} : this.#engine.control({ cmd: "stats" });
  }

  /** Forgets every cached answer, key and verdict. */
  flush(): void {
    this.#engine.control({ cmd: "flush" });
  }

  /** Only for tests: sets the offset of the clock that signatures and caches are judged by. */
  moveClock(offsetMs: number): void {
    this.#engine.control({ cmd: "clock", offsetMs });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#engine[Symbol.asyncDispose]();
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
