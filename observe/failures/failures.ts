/** What fails, counted as it happens. The recorder forgets; these remember, within a bound. console.md 6 E. */
import { BoundedMap } from "../../bounded/map.ts";
import { type Cause, CAUSES } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import { Groups } from "../groups.ts";
import type { FailureGroup, FailureGrouping, FailureRow } from "../contract.ts";
import { Failure, failureId } from "./failure.ts";
import { type Attempt, readAttempt, readSuccess } from "./reading.ts";

/** Whoever failed longest ago is forgotten first. */
const MOST = 2000;
/** Domains whose last success, and whose last DNS answer, are remembered. */
const MOST_DOMAINS = 10_000;
const MOST_ANSWERS = 1000;
const HOUR_MS = 3_600_000;
/** How exactly the last success is known of a domain that does not fail. */
const SUCCESS_MS = 1000;
const MOST_ROWS = 50;

export class Failures {
  readonly #now: () => number;
  /** The latest last. */
  readonly #failures = new BoundedMap<string, Failure>(MOST, (failure) => {
    if (failure.remote !== null) this.#byRemote.remove(failure.remote, failure);
  });
  readonly #byRemote = new Groups<string, Failure>();
  readonly #successes = {
    in: new BoundedMap<string, number>(MOST_DOMAINS),
    out: new BoundedMap<string, number>(MOST_DOMAINS),
  };
  readonly #answers = new BoundedMap<string, RecordedEvent>(MOST_ANSWERS);
  /** What peers said to our requests when they said no, by pair. */
  readonly #refusals = new BoundedMap<string, RecordedEvent>(MOST_ANSWERS);

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  hear(event: RecordedEvent): void {
    if (event.type === "delegation.resolved") return this.#answered(event);
    if (event.type === "verdict.received") return this.#refused(event);
    const success = readSuccess(event);
    if (success !== null) return this.#succeeded(success);
    const attempt = readAttempt(event);
    if (attempt === null) return;
    const [id, now] = [failureId(attempt), this.#now()];
    const known = this.#failures.get(id) ??
      new Failure(attempt, event, now, this.#lastSuccess(attempt));
    this.#failures.set(id, known);
    known.add(attempt, event, now);
    if (known.remote !== null) this.#byRemote.add(known.remote, known);
  }

  #answered(event: RecordedEvent): void {
    const domain = event.detail?.domain;
    if (typeof domain === "string") this.#answers.set(domain, event);
  }

  #refused(event: RecordedEvent): void {
    if (event.cause === undefined || event.pair === undefined) return;
    this.#refusals.set(`${event.pair.local} ${event.pair.remote}`, event);
  }

  #succeeded({ remote, direction }: { remote: string; direction: "in" | "out" }): void {
    const [now, known] = [this.#now(), this.#successes[direction]];
    // Of a thousand pairs that open at once each is a success: one a second is enough, and costs the others a look.
    if ((known.get(remote) ?? -Infinity) <= now - SUCCESS_MS) known.set(remote, now);
    for (const failure of this.#byRemote.of(remote)) {
      if (failure.direction === direction) failure.lastSuccess = now;
    }
  }

  #lastSuccess({ remote, direction }: Attempt): number | null {
    return remote === null || direction === null ? null : this.#successes[direction].get(remote) ?? null;
  }

  find(id: string): Failure | null {
    return this.#failures.get(id) ?? null;
  }

  /**
   * What a pair suffers from in one direction, the latest; null when nothing is remembered, or it works again.
   *
   * @param standing By what the tables have it closed now, though other pairs of the domain work.
   */
  ofPair(
    { local, remote }: { local: string; remote: string },
    direction: "in" | "out",
    standing: Cause | null,
  ): Failure | null {
    let latest: Failure | null = null;
    for (const one of this.#byRemote.of(remote)) {
      if (one.direction !== direction || !one.suffers(local, remote)) continue;
      if (one.recovered && one.cause !== standing) continue;
      if (latest === null || one.last > latest.last) latest = one;
    }
    return latest;
  }

  /** How the peer put its no to a pair of ours, where that is behind this cause; null when nobody knows. */
  refusalOf({ local, remote }: { local: string; remote: string }, cause: Cause): RecordedEvent | null {
    const refusal = this.#refusals.get(`${local} ${remote}`);
    return refusal?.cause === cause ? refusal : null;
  }

  /** What DNS said last of a domain. */
  answerFor(domain: string): RecordedEvent | null {
    return this.#answers.get(domain) ?? null;
  }

  /** Of the last hour, that nobody's own policy wants so; whatever most pairs suffer from first. */
  recent(now: number): FailureRow[] {
    return [...this.#failures.values()]
      .filter(({ last, cause }) => last > now - HOUR_MS && CAUSES[cause].fault !== "policy")
      .sort((a, b) => b.pairCount - a.pairCount || b.last - a.last).slice(0, MOST_ROWS).map((one) =>
        one.row()
      );
  }

  /** The most attempts first. */
  groups(grouping: FailureGrouping, since: number): FailureGroup[] {
    const groups = new Map<string, Failure[]>();
    for (const failure of this.#failures.values()) {
      if (failure.last < since) continue;
      const key = KEYS[grouping](failure);
      groups.set(key, [...groups.get(key) ?? [], failure]);
    }
    const now = this.#now();
    return [...groups].map(([key, failures]) => groupOf(key, failures, since, now))
      .sort((a, b) => b.attempts - a.attempts);
  }
}

/** What nothing is known of stands together. */
const UNKNOWN = "none";

const KEYS: Record<FailureGrouping, (failure: Failure) => string> = {
  cause: ({ cause }) => cause,
  remote: ({ remote, attempt }) => remote ?? attempt.local ?? UNKNOWN,
  peer: ({ attempt }) => attempt.peer ?? UNKNOWN,
};

function groupOf(key: string, failures: readonly Failure[], since: number, now: number): FailureGroup {
  const most = failures.reduce((a, b) => b.attempts > a.attempts ? b : a);
  const series = failures.map((failure) => failure.series(now));
  return {
    key,
    cause: most.cause,
    text: CAUSES[most.cause].text,
    fault: CAUSES[most.cause].fault,
    domains: new Set(failures.map(({ remote, attempt }) => remote ?? attempt.local ?? attempt.peer)).size,
    pairs: failures.reduce((sum, { pairCount }) => sum + pairCount, 0),
    attempts: failures.reduce((sum, failure) => sum + failure.since(since, now), 0),
    series: series[0]!.map((_, step) => series.reduce((sum, one) => sum + one[step]!, 0)),
    first: new Date(Math.min(...failures.map(({ first }) => first))).toISOString(),
    last: new Date(Math.max(...failures.map(({ last }) => last))).toISOString(),
    failures: failures.toSorted((a, b) => b.last - a.last).slice(0, MOST_ROWS).map((failure) =>
      failure.row()
    ),
  };
}
