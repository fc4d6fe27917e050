/**
 * One pair, outgoing: from the first stanza to an authorised pair, and back. protocol.md 2.3, 2.5, 2.7, 8.4. Pure.
 *  attempting.(resolving -> connecting -> requesting) -> authorised | denied | backoff.(waiting -> resting) | draining -> over
 */
import type { Cause } from "../facts/cause.ts";
import {
  authorised,
  drained,
  noteConnection,
  noteDrain,
  noteFailure,
  noteGone,
  noteLoss,
  noteNegative,
  noteTimeout,
  openConnection,
  reportState,
  routeSetup,
} from "./route_words.ts";

/** As the API shows it (design.md 2.4). Every state but the final one carries exactly one of these tags. */
export type RouteState =
  | "resolving"
  | "connecting"
  | "requesting"
  | "authorised"
  | "denied"
  | "backoff"
  | "draining";

export type RouteEvent =
  /** The SRV answer may be used. `reuse`: an open connection reaches the domain (I-3, 2.9). */
  | { type: "delegation.found"; reuse: boolean }
  | { type: "delegation.refused"; cause: Cause; permanent: boolean; retryMs: number }
  | { type: "connection.ready"; reused: boolean }
  /**
   * It did not come about, or the reused one went away. `next`: the ladder of 2.10 has another step. `gone`: the peer
   * says that the domain lives there no more.
   */
  | { type: "connection.failed"; cause: Cause; retryMs: number; next: boolean; gone: boolean }
  /** 8.4: nothing was tried, because all machines that could be are left alone for a while. */
  | { type: "connection.postponed"; cause: Cause; retryMs: number }
  | { type: "assertion.authorised" }
  | {
    type: "assertion.denied";
    cause: Cause;
    condition: string | null;
    kind: "invalid" | "error" | "timeout" | "lost";
    retryMs: number;
    /** The ladder of 2.10 has a step for a pair that was denied so on such a connection. */
    next: boolean;
  }
  /** The peer took it back. `waiting`: stanzas wait. */
  | { type: "assertion.revoked"; waiting: boolean; retryMs: number; cause: Cause }
  /** The connection, or our own proof of the remote domain, is gone. */
  | { type: "assertion.lost"; waiting: boolean; retryMs: number; cause: Cause }
  /** A stanza waits for the pair; also the answer to `check queue` when some do. */
  | { type: "demand.came" }
  | { type: "drain.wanted"; cause: Cause }
  /** The operator wants it now, or the DNS data changed. */
  | { type: "retry.wanted" };

export type RouteEffect =
  | { type: "resolve" }
  | { type: "reuse connection" }
  /** The next step of the ladder of 2.10. */
  | { type: "obtain connection" }
  | { type: "request pair" }
  | { type: "flush" }
  | { type: "bounce queue"; cause: Cause; permanent: boolean }
  /** Answer with `demand.came` if stanzas wait. */
  | { type: "check queue" }
  | { type: "report state"; state: RouteState; cause: Cause | null };

export interface RouteTimers {
  /** The whole way to an authorised pair (protocol.md 2.10). */
  readonly attemptTimeoutMs: number;
  /** Back-off when that time is up. */
  readonly retryMs: number;
  /** How long `item-not-found` and `not-allowed` are believed. */
  readonly negativePairMs: number;
  /** How long `host-gone` is believed (protocol.md 4.8). */
  readonly goneMs: number;
  /** How long a route without a connection is kept. */
  readonly keepMs: number;
  readonly shutdownGraceMs: number;
}

/** What protocol.md fixes; the rest of the timers is in `[limits]`. */
export const ROUTE_TIMERS = {
  attemptTimeoutMs: 90_000,
  retryMs: 60_000,
  keepMs: 600_000,
  goneMs: 3_600_000,
} as const;

export interface RouteInput {
  readonly timers: RouteTimers;
}

export const route = routeSetup.createMachine({
  id: "route",
  context: ({ input: { timers } }) => ({
    timers,
    opened: 0,
    reused: false,
    askedAgain: false,
    cause: null,
    permanent: false,
    retryMs: 0,
    failures: 0,
  }),
  initial: "attempting",
  states: {
    attempting: {
      id: "attempting",
      initial: "resolving",
      on: { "drain.wanted": drained, "assertion.authorised": authorised },
      after: { attempt: { target: "backoff", actions: [noteTimeout, "bounce queue"] } },
      states: {
        resolving: {
          tags: "resolving",
          entry: ["begin anew", reportState("resolving"), "resolve"],
          on: {
            "delegation.found": [
              {
                guard: "an open connection reaches it",
                target: "connecting",
                actions: "reuse connection",
              },
              { target: "connecting", actions: openConnection },
            ],
            "delegation.refused": [
              { guard: "is permanent", target: "#denied", actions: [noteFailure(true), "bounce queue"] },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
          },
        },
        connecting: {
          tags: "connecting",
          entry: reportState("connecting"),
          on: {
            "connection.ready": { target: "requesting", actions: noteConnection },
            "connection.failed": [
              { guard: "a step is left", actions: openConnection },
              { guard: "is gone", target: "#denied", actions: [noteGone, "bounce queue"] },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
            "connection.postponed": { target: "#backoff", actions: noteLoss },
          },
        },
        requesting: {
          id: "requesting",
          tags: "requesting",
          entry: [reportState("requesting"), "request pair"],
          on: {
            "assertion.lost": [
              { guard: "a fresh connection may serve", target: "connecting", actions: openConnection },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
            // protocol.md 2.7, row by row.
            "assertion.denied": [
              { guard: "a fresh connection may help", target: "connecting", actions: openConnection },
              { guard: "is not there", target: "#denied", actions: [noteNegative, "bounce queue"] },
              { guard: "is not proven", target: "#denied", actions: [noteFailure(true), "bounce queue"] },
              { guard: "is invalid", target: "#denied", actions: [noteFailure(false), "bounce queue"] },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
          },
        },
      },
    },
    // Nothing is waited for: it ends with its assertion.
    authorised: {
      id: "authorised",
      tags: "authorised",
      entry: reportState("authorised"),
      on: {
        "drain.wanted": { target: "draining", actions: noteDrain },
        // one request at once if stanzas wait; denied, or revoked again, they are bounced.
        "assertion.revoked": [
          { guard: "may ask again", target: "#requesting", actions: [noteLoss, "note asked again"] },
          { guard: "stanzas wait", target: "denied", actions: [noteFailure(false), "bounce queue"] },
          { target: "backoff.resting", actions: noteLoss },
        ],
        // 8.4: nothing is bounced for a loss; what waits goes when it may.
        "assertion.lost": [
          { guard: "stanzas wait and may go", target: "attempting", actions: noteLoss },
          { target: "backoff", actions: noteLoss },
        ],
      },
    },
    denied: {
      id: "denied",
      tags: "denied",
      entry: reportState("denied"),
      on: {
        "drain.wanted": drained,
        "assertion.authorised": authorised,
        "demand.came": { actions: "bounce queue" },
        "retry.wanted": "attempting",
      },
      after: { retry: "backoff.resting" },
    },
    backoff: {
      id: "backoff",
      tags: "backoff",
      entry: reportState("backoff"),
      initial: "waiting",
      on: { "drain.wanted": drained, "assertion.authorised": authorised, "retry.wanted": "attempting" },
      states: {
        // 8.4: stanzas that come now wait for the next attempt, as long as their queue lets them.
        waiting: { after: { retry: "resting" } },
        // Reconnect only on demand.
        resting: {
          entry: "check queue",
          on: { "demand.came": "#attempting" },
          after: { keep: "#over" },
        },
      },
    },
    draining: {
      tags: "draining",
      entry: [reportState("draining"), "flush"],
      on: {
        "demand.came": { actions: "bounce queue" },
        "assertion.revoked": { target: "over", actions: "bounce queue" },
        "assertion.lost": { target: "over", actions: "bounce queue" },
      },
      after: { grace: { target: "over", actions: "bounce queue" } },
    },
    over: { id: "over", type: "final" },
  },
});
