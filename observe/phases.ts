/** How long connections and pairs take, phase by phase, from the events alone. */
import { BoundedMap } from "../bounded/map.ts";
import type { EventType, RecordedEvent } from "../facts/event.ts";
import type { Phase } from "./contract.ts";

export interface Measured {
  readonly phase: Phase;
  readonly direction: "in" | "out";
  readonly ms: number;
  /** Of `proof` and `verdict`. */
  readonly decision?: "granted" | "denied";
  readonly prooftype?: string;
}

interface Underway {
  readonly direction: "in" | "out";
  readonly openedAt: number;
  /** TCP alone, of those that we open. */
  readonly tcpMs: number;
  spokenAt: number | null;
  securedAt: number | null;
  established: boolean;
}

/** What is remembered; beyond it the oldest is not measured. */
const MOST_UNDERWAY = 20_000;

/** What they want to hear. */
export const PHASE_TYPES: readonly EventType[] = [
  "delegation.resolved",
  "connection.opened",
  "stream.opened",
  "connection.secured",
  "connection.established",
  "request.received",
  "request.sent",
  "pair.granted",
  "pair.authorised",
  "pair.denied",
  "connection.failed",
  "connection.closed",
];

export class Phases {
  readonly #connections = new BoundedMap<string, Underway>(MOST_UNDERWAY);
  readonly #asked = new BoundedMap<string, number>(MOST_UNDERWAY);
  readonly #measured: (one: Measured) => void;

  constructor(measured: (one: Measured) => void) {
    this.#measured = measured;
  }

  hear(event: RecordedEvent, now: number): void {
    const { type, connection = "", detail } = event;
    switch (type) {
      case "delegation.resolved":
        return this.#said("dns", this.#connections.get(connection)?.direction ?? "out", detail?.elapsedMs);
      case "connection.opened":
        return this.#opened(connection, event, now);
      case "stream.opened":
        return this.#spoken(connection, now);
      case "connection.secured":
        return this.#secured(connection, event, now);
      case "connection.established":
        return this.#established(connection, now);
      case "request.received":
        return this.#asked.set(asked("<", event), now);
      case "request.sent":
        return this.#asked.set(asked(">", event), now);
      case "pair.granted":
        // Most pairs of a proven peer are granted at once: nobody was asked.
        return this.#asked.size === 0 ? undefined : this.#decided("proof", event, now);
      case "pair.authorised":
        return this.#decided("verdict", event, now);
      case "pair.denied":
        return detail?.direction === "out"
          ? this.#decided("verdict", event, now)
          : this.#decided("proof", event, now);
      case "connection.failed":
      case "connection.closed":
        this.#connections.delete(connection);
    }
  }

  #said(phase: Phase, direction: "in" | "out", ms: unknown): void {
    if (typeof ms === "number") this.#measured({ phase, direction, ms });
  }

  #opened(connection: string, { detail }: RecordedEvent, now: number): void {
    const direction = detail?.direction === "out" ? "out" : "in";
    const tcpMs = typeof detail?.elapsedMs === "number" ? detail.elapsedMs : 0;
    this.#said("tcp", direction, detail?.elapsedMs);
    this.#connections.set(connection, {
      ...{ direction, tcpMs, openedAt: now, spokenAt: null, securedAt: null, established: false },
    });
  }

  #spoken(connection: string, now: number): void {
    const underway = this.#connections.get(connection);
    if (underway !== undefined) underway.spokenAt ??= now;
  }

  #secured(connection: string, { detail }: RecordedEvent, now: number): void {
    const underway = this.#connections.get(connection);
    if (underway === undefined || underway.securedAt !== null) return;
    underway.securedAt = now;
    const { direction, openedAt, spokenAt } = underway;
    const before = now - openedAt;
    const ms = typeof detail?.handshakeMs === "number" ? Math.min(detail.handshakeMs, before) : before;
    this.#said("tls", direction, ms);
    // Direct TLS has no words before it.
    if (spokenAt !== null) this.#said("starttls", direction, before - ms);
  }

  #established(connection: string, now: number): void {
    const underway = this.#connections.get(connection);
    if (underway === undefined || underway.established) return;
    underway.established = true;
    const { direction, openedAt, securedAt, tcpMs } = underway;
    this.#said("stream", direction, now - (securedAt ?? openedAt));
    this.#said("setup", direction, now - openedAt + tcpMs);
  }

  #decided(phase: "proof" | "verdict", event: RecordedEvent, now: number): void {
    const { type, detail } = event;
    const key = asked(phase === "proof" ? "<" : ">", event);
    const at = this.#asked.get(key);
    if (at === undefined) return;
    this.#asked.delete(key);
    this.#measured({
      phase,
      direction: phase === "proof" ? "in" : "out",
      ms: now - at,
      decision: type === "pair.denied" ? "denied" : "granted",
      prooftype: typeof detail?.prooftype === "string" ? detail.prooftype : "none",
    });
  }
}

const asked = (arrow: "<" | ">", { connection = "", pair }: RecordedEvent): string =>
  `${arrow} ${connection} ${pair?.local} ${pair?.remote}`;
