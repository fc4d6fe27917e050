/** `/metrics`: counted from the events that the log has, read from the tables when somebody asks. console.md 4.1. */
import type { LookupFacts } from "../../facts/dns.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import type { HealthDesk } from "../health_desk.ts";
import { type Measured, PHASE_TYPES, Phases } from "../phases.ts";
import type { Population } from "../population.ts";
import type { Recorder } from "../recorder.ts";
import type { Hub } from "../socket/hub.ts";
import { streamsNow } from "../sse.ts";
import type { Pace } from "../tables/pace.ts";
import type { ServerView } from "../view.ts";
import { count, COUNTED_TYPES, measured } from "./events.ts";
import { type Format, print, type Sample } from "./exposition.ts";
import type { FamilyName } from "./families.ts";
import { HANDSHAKE_TYPES, Handshakes } from "./handshakes.ts";
import { readProcess, watchEventLoop } from "./machine.ts";
import { readHealth, readPopulation, readRecorder, readResolver, readServer, readSurvey } from "./reading.ts";
import { type Observed, Registry, Sheet } from "./registry.ts";
import { Survey } from "./survey.ts";

export interface MetricsParts {
  readonly view: ServerView;
  readonly recorder: Recorder;
  readonly pace: Pace;
  readonly hub: Hub;
  readonly health: HealthDesk;
  readonly population: Population;
  readonly version: string;
  readonly commit: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Hears of every phase too. */
  readonly measured?: (one: Measured) => void;
}

const HEARD = [...new Set([...COUNTED_TYPES, ...HANDSHAKE_TYPES, ...PHASE_TYPES, "server.stopped" as const])];

export class Metrics {
  readonly #parts: MetricsParts;
  readonly #registry = new Registry();
  readonly #survey: Survey;
  readonly #handshakes = new Handshakes();
  readonly #phases: Phases;
  /** The trace of what is being measured (OTEL_DENO). */
  #seen: { readonly traceId: string; readonly at: number } | null = null;
  #unwatch = () => {};

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    this.#survey = new Survey(parts.view, parts.pace);
    this.#phases = new Phases((one) => {
      measured(this.#registry, one, this.#seen);
      parts.measured?.(one);
    });
    parts.recorder.listen((event) => this.#hear(event), HEARD);
    // What an alert waits for is there before: from nothing to 1 would be no increase.
    for (const cause of ["dns.bogus", "dns.witness"]) {
      this.#registry.count("xmpp_s2s_dnssec_validations", { result: "bogus", cause }, 0);
    }
  }

  /** Until the server has stopped: what nobody tells is measured now and then. */
  start(): void {
    this.#unwatch = watchEventLoop(this.#registry);
  }

  #hear(event: RecordedEvent): void {
    count(this.#registry, event);
    this.#handshakes.hear(this.#registry, event);
    const at = this.#parts.now();
    this.#seen = event.traceId === undefined ? null : { traceId: event.traceId, at };
    this.#phases.hear(event, at);
    if (event.type === "server.stopped") this.#unwatch();
  }

  /** The resolver has answered one question. */
  looked({ type, security, cause, cached, tookMs, signatures }: LookupFacts): void {
    const registry = this.#registry;
    if (cached) return registry.count("xmpp_s2s_proof_cache_hits", {});
    registry.count("xmpp_s2s_proof_cache_misses", {});
    registry.count("xmpp_s2s_dnssec_validations", { result: security, cause: cause ?? "none" });
    registry.observe("xmpp_s2s_dns_query_duration_seconds", { qtype: type, result: security }, tookMs / 1000);
    registry.observe("xmpp_s2s_dnssec_chain_signatures", {}, signatures);
  }

  /** The whole exposition. */
  async print(format: Format): Promise<string> {
    return print(await this.read(), format);
  }

  /** Hears of every observation of a histogram from now on. */
  observed(listener: Observed): void {
    this.#registry.observed = listener;
  }

  /** What every family says now. */
  async read(): Promise<(name: FamilyName) => readonly Sample[]> {
    const { view, recorder, hub, health, now, version, commit } = this.#parts;
    const sheet = new Sheet();
    const [found, counts, readiness] = await Promise.all([
      this.#survey.read(),
      this.#parts.population.read(),
      health.latest(),
    ]);
    readSurvey(sheet, found);
    readPopulation(sheet, counts);
    readHealth(sheet, readiness);
    readServer(sheet, view, now());
    readResolver(sheet, view);
    readRecorder(sheet, recorder);
    readProcess(sheet);
    const streams = streamsNow();
    sheet.add("verona_console_clients", { kind: "websocket" }, hub.size);
    sheet.add("verona_console_clients", { kind: "events" }, streams.readers);
    sheet.add("verona_console_dropped", {}, hub.dropped + streams.dropped);
    const { deno, v8 } = Deno.version;
    sheet.add("verona_build", { version, commit, deno, v8 }, 1);
    return (name) => {
      const counted = this.#registry.samplesOf(name), read = sheet.samplesOf(name);
      return read.length > 0 ? read : counted;
    };
  }
}
