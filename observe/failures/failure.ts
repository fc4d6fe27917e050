/** One cause at one domain, in one direction: how often, since when, for which pairs. Bounded, whatever peers do. */
import type { Cause } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import type { FailureRow } from "../contract.ts";
import type { Attempt } from "./reading.ts";

export const STEP_MS = 15 * 60_000;
/** A day. */
const STEPS = 96;
/** Pairs that are remembered, and counted. */
const MOST_PAIRS = 1000;

/** `dns.bogus~rogue.example~out`. */
export function failureId({ cause, remote, peer, local, direction }: Attempt): string {
  return `${cause}~${remote ?? peer ?? local ?? ""}~${direction ?? "here"}`;
}

export class Failure {
  readonly id: string;
  readonly cause: Cause;
  readonly direction: Attempt["direction"];
  readonly remote: string | null;
  readonly first: number;
  last: number;
  attempts = 0;
  /** The latest attempt, and what was told of it. */
  attempt: Attempt;
  event: RecordedEvent;
  /** When the domain worked last in this direction; milliseconds since the epoch. */
  lastSuccess: number | null;
  readonly #pairs = new Map<string, { readonly local: string; readonly remote: string }>();
  readonly #series = new Uint32Array(STEPS);
  #step: number;

  constructor(attempt: Attempt, event: RecordedEvent, now: number, lastSuccess: number | null) {
    this.id = failureId(attempt);
    this.cause = attempt.cause;
    this.direction = attempt.direction;
    this.remote = attempt.remote;
    this.first = this.last = now;
    this.attempt = attempt;
    this.event = event;
    this.lastSuccess = lastSuccess;
    this.#step = Math.floor(now / STEP_MS);
  }

  add(attempt: Attempt, event: RecordedEvent, now: number): void {
    this.#advance(now);
    this.#series[this.#step % STEPS]! += attempt.times;
    this.attempts += attempt.times;
    this.last = now;
    this.attempt = attempt;
    this.event = event;
    const { local, remote } = attempt;
    if (local !== null && remote !== null && this.#pairs.size < MOST_PAIRS) {
      this.#pairs.set(`${local} ${remote}`, { local, remote });
    }
  }

  get recovered(): boolean {
    return this.lastSuccess !== null && this.lastSuccess >= this.last;
  }

  get pairCount(): number {
    return this.#pairs.size;
  }

  /** Whether the pair is one of those that are remembered. */
  suffers(local: string, remote: string): boolean {
    return this.#pairs.has(`${local} ${remote}`);
  }

  pairs(most: number): { readonly local: string; readonly remote: string }[] {
    return [...this.#pairs.values()].slice(-most);
  }

  /** By quarter of an hour, the oldest first. */
  series(now: number): number[] {
    this.#advance(now);
    return Array.from({ length: STEPS }, (_, i) => this.#series[(this.#step + 1 + i) % STEPS]!);
  }

  /** Attempts since then: what is older than a day is in {@link attempts} only. */
  since(time: number, now: number): number {
    if (time <= this.first) return this.attempts;
    const steps = Math.min(STEPS, Math.floor(now / STEP_MS) - Math.floor(time / STEP_MS) + 1);
    return this.series(now).slice(-steps).reduce((sum, one) => sum + one, 0);
  }

  #advance(now: number): void {
    const step = Math.floor(now / STEP_MS);
    for (let i = 1; i <= Math.min(step - this.#step, STEPS); i++) this.#series[(this.#step + i) % STEPS] = 0;
    this.#step = Math.max(this.#step, step);
  }

  row(): FailureRow {
    return {
      id: this.id,
      cause: this.cause,
      remote: this.remote,
      peer: this.attempt.peer,
      pairs: this.pairCount,
      attempts: this.attempts,
      last: new Date(this.last).toISOString(),
      recovered: this.recovered,
    };
  }
}
