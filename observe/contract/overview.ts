/** Is it healthy, what happens, what needs a look: `GET /api/v1/overview`, and the topic `overview` once a second. console.md 6 A. */
import type { Cause } from "../../facts/cause.ts";
import type { ConnectionState } from "./connections.ts";
import type { RouteState } from "./routes.ts";

export interface Health {
  readonly word: "healthy" | "degraded" | "draining";
  /** Why it is not healthy. */
  readonly reasons: readonly string[];
}

/** What is there now: each count is the `total` of the list that it links to, with the `q` that is named. */
export interface Totals {
  readonly connections: number;
  /** `/connections?q=state:...`, without `closed`. */
  readonly connectionStates: Readonly<Record<Exclude<ConnectionState, "closed">, number>>;
  readonly routes: number;
  /** `/routes?q=state:...`. */
  readonly routeStates: Readonly<Record<RouteState, number>>;
  readonly proofs: number;
  readonly domains: number;
  readonly components: number;
  /** Stanzas that wait for a pair to open. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since the start. */
  readonly stanzasIn: number;
  readonly stanzasOut: number;
}

/** Events in a stretch of time. */
export interface Counts {
  readonly opened: number;
  readonly closed: number;
  readonly granted: number;
  readonly authorised: number;
  readonly denied: number;
  readonly revoked: number;
  readonly rechecked: number;
  readonly stanzasIn: number;
  readonly stanzasOut: number;
}

/** The same, step by step, the oldest first; the last one is still filling. */
export interface Series {
  readonly stepMs: number;
  /** When the first step began. */
  readonly from: string;
  readonly steps: Readonly<Record<keyof Counts, readonly number[]>>;
}

/**
 * A connection's way: `tcp` (of those that we open), `starttls` until both agree to encrypt, `tls` the handshake, `stream` from
 * there until it is established; `setup` is all of it. `dns`: a delegation; `proof`: a peer's request; `verdict`: ours.
 */
export type Phase = "dns" | "tcp" | "starttls" | "tls" | "stream" | "proof" | "verdict" | "setup";

/** How long a phase took, within a quarter of an hour; null while nothing was measured. */
export interface Latency {
  readonly phase: Phase;
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** One thing that somebody should look at, worst first. */
export interface Attention {
  readonly kind: "failure" | "proof" | "peer-certificate" | "own-certificate" | "component" | "server";
  readonly severity: "error" | "warning";
  /** Whom it is about: a domain, a server name, a certificate's name. */
  readonly subject: string;
  readonly text: string;
  readonly cause: Cause | null;
  /** Pairs that suffer or would. */
  readonly pairs: number;
  /** When it ends, of what ends. */
  readonly at: string | null;
  /** `/failures/:id` has it all. */
  readonly failure: string | null;
}

/** What ends soon, the soonest first. */
export interface Expiring {
  readonly kind: "proof" | "peer-certificate" | "own-certificate";
  readonly name: string;
  readonly connection: string | null;
  readonly at: string;
}

/** How many actors sit in a state of a machine. */
export interface ActorState {
  readonly machine: string;
  readonly state: string;
  readonly count: number;
}

export interface Overview {
  readonly epoch: string;
  readonly now: string;
  readonly version: string;
  readonly startedAt: string;
  readonly health: Health;
  readonly totals: Totals;
  readonly rates: { readonly minute: Counts; readonly hour: Counts };
  /** A quarter of an hour in steps of 5 s; `?series=day`: a day in steps of a minute. */
  readonly series: Series;
  readonly latencies: readonly Latency[];
  readonly expiring: readonly Expiring[];
  readonly attention: readonly Attention[];
  readonly actorStates: readonly ActorState[];
  /** Under load one trace in so many is kept; 1: all of them. */
  readonly sampling: number;
}
