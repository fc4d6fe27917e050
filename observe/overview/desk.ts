/** The overview: counted while it happens, put together at most once a second for all who look. console.md 6 A. */
import type { RecordedEvent } from "../../facts/event.ts";
import type { Health, Overview, Totals } from "../contract.ts";
import type { Failures } from "../failures/failures.ts";
import { type HealthDesk, healthOf } from "../health_desk.ts";
import type { Measured } from "../phases.ts";
import { within } from "../patience.ts";
import type { Population } from "../population.ts";
import { Problem } from "../problem.ts";
import type { Recorder } from "../recorder.ts";
import type { Pace } from "../tables/pace.ts";
import { iso } from "../tables/table.ts";
import type { ServerView } from "../view.ts";
import { attentionTo } from "./attention.ts";
import { type Endings, findEndings } from "./endings.ts";
import { Latencies } from "./latencies.ts";
import { RATED_TYPES, Rates } from "./rates.ts";

export interface OverviewParts {
  readonly view: ServerView;
  readonly health: HealthDesk;
  readonly population: Population;
  readonly recorder: Recorder;
  readonly failures: Failures;
  readonly pace: Pace;
  readonly version: string;
  readonly now: () => number;
}

const FRESH_MS = 1000;
const PATIENCE_MS = 300;
const ENDINGS_MS = 30_000;
const STANZAS_MS = 5000;

export class OverviewDesk {
  readonly #parts: OverviewParts;
  readonly #rates: Rates;
  readonly #latencies = new Latencies();
  readonly #startedAt: number;
  #health: Health = { word: "healthy", reasons: [] };
  #endings: Endings = { soonest: [], troubled: [] };
  readonly #due = { endings: 0, json: 0 };
  #json: Promise<string> | null = null;
  /** The last bug of ours. */
  #crash: { readonly at: number; readonly id: string } | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
    this.#startedAt = parts.now();
    this.#rates = new Rates(this.#startedAt);
    parts.recorder.listen((event) => this.#hear(event), [...RATED_TYPES, "actor.crashed", "server.stopped"]);
  }

  /** A phase of a connection or a pair is over. */
  measured(one: Measured): void {
    this.#latencies.measured(one, this.#parts.now());
  }

  #hear(event: RecordedEvent): void {
    const now = this.#parts.now();
    this.#rates.hear(event, now);
    if (event.type === "actor.crashed") this.#crash = { at: now, id: String(event.detail?.id) };
    if (event.type === "server.stopped" && this.#timer !== null) clearInterval(this.#timer);
  }

  /** Until the server has stopped: what nobody tells is counted now and then. */
  start(): void {
    this.#timer ??= setInterval(() => this.#countStanzasSafely(), STANZAS_MS);
  }

  /** Whoever looks or not, the server goes on. */
  #countStanzasSafely(): void {
    try {
      this.#countStanzas();
    } catch (error) {
      this.#crashed(error);
    }
  }

  #crashed(error: unknown): void {
    this.#parts.recorder.tell({
      type: "actor.crashed",
      level: "error",
      detail: { id: "overview", error: String(error) },
    });
  }

  #countStanzas(): void {
    const { stanzasIn, stanzasOut } = this.#parts.view.traffic();
    this.#rates.stanzas({ in: stanzasIn, out: stanzasOut }, this.#parts.now());
  }

  /** What everybody gets who asks within the same second. Never rejects: null when it cannot be had. */
  async json(): Promise<string | null> {
    if (this.#json === null || performance.now() >= this.#due.json) {
      this.#due.json = performance.now() + FRESH_MS;
      this.#json = this.read("quarter").then((overview) => JSON.stringify(overview));
    }
    return await this.#json.catch((error) => {
      this.#crashed(error);
      this.#json = null;
      return null;
    });
  }

  async read(reach: "quarter" | "day"): Promise<Overview> {
    this.#countStanzas();
    // A resolver that does not answer must not keep the rest waiting.
    const looks = [this.#lookAtHealth(), this.#lookAtEndings(), this.#parts.population.read()];
    await within(PATIENCE_MS, Promise.all(looks));
    const { view, recorder, version, failures, now } = this.#parts;
    const at = now();
    const concerns = {
      reasons: [...this.#health.reasons, ...this.#bugs(at)],
      failures: failures.recent(at),
      endings: this.#endings,
      away: view.away(),
    };
    return {
      epoch: recorder.epoch,
      now: new Date(at).toISOString(),
      version,
      startedAt: new Date(this.#startedAt).toISOString(),
      health: this.#health,
      totals: this.#totals(),
      rates: { minute: this.#rates.minute, hour: this.#rates.hour },
      series: this.#rates.series(reach),
      latencies: this.#latencies.read(at),
      expiring: this.#endings.soonest.map((ending) => ({ ...ending, at: iso(ending.at)! })),
      attention: attentionTo(concerns, at),
      actorStates: this.#parts.population.found,
      sampling: recorder.load.oneIn,
    };
  }

  /** For a day. */
  #bugs(now: number): string[] {
    if (this.#crash === null || this.#crash.at < now - 86_400_000) return [];
    return [`an actor failed (${this.#crash.id}): a bug; report it with the log`];
  }

  async #lookAtHealth(): Promise<void> {
    this.#health = healthOf(await this.#parts.health.latest());
  }

  async #lookAtEndings(): Promise<void> {
    if (performance.now() < this.#due.endings) return;
    this.#due.endings = performance.now() + ENDINGS_MS;
    const { view, pace, now } = this.#parts;
    try {
      this.#endings = await pace.run((rest) => findEndings(view, now(), rest));
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // too busy: what was found last stands
    }
  }

  #totals(): Totals {
    const { view } = this.#parts;
    const { connections, routes, proofs, domains } = view.sources;
    const { queued, queuedBytes, stanzasIn, stanzasOut } = view.traffic();
    const connectionStates = { connecting: 0, negotiating: 0, established: 0, closing: 0 };
    for (const { state, count } of view.connectionKinds()) {
      if (state !== "closed") connectionStates[state] += count;
    }
    return {
      connections: connections.size,
      connectionStates,
      routes: routes.size,
      routeStates: { ...routes.counted().state } as Totals["routeStates"],
      proofs: proofs.size,
      domains: domains.size,
      components: view.components().connected,
      queued,
      queuedBytes,
      stanzasIn,
      stanzasOut,
    };
  }
}
