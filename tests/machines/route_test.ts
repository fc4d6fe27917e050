import assert from "node:assert/strict";
import {
  route,
  ROUTE_TIMERS,
  type RouteEffect,
  type RouteEvent,
  type RouteState,
} from "../../machines/route.ts";
import { runningTimers } from "./explore.ts";
import { effectsAtStart, type Line, playTrace } from "./trace.ts";
import { TIMERS } from "./timers.ts";

type Lines = Line<typeof route>[];
type Denied = Extract<RouteEvent, { type: "assertion.denied" }>;
type Reason = RouteEffect extends infer E ? E extends { type: "report state"; cause: infer C } ? C : never
  : never;

const INPUT = { timers: { ...TIMERS, ...ROUTE_TIMERS } };
const RETRY = 60_000;

const state = (name: RouteState, cause: Reason = null) =>
  ({ type: "report state", state: name, cause }) as const;
const resolving = (cause: Reason = null): RouteEffect[] => [state("resolving", cause), { type: "resolve" }];
const obtain = { type: "obtain connection" } as const;
const request = { type: "request pair" } as const;
const flush = { type: "flush" } as const;
const check = { type: "check queue" } as const;
const bounce = (cause: NonNullable<Reason>, permanent: boolean) =>
  ({ type: "bounce queue", cause, permanent }) as const;

const failed = (cause: NonNullable<Reason>, { next = true, gone = false } = {}) =>
  ({ type: "connection.failed", cause, retryMs: RETRY, next, gone }) as const;

const play = (name: string, ...lines: Lines) =>
  Deno.test(`route: ${name}`, () => void playTrace(route, lines, INPUT));

const CONNECTING: Lines = [[
  { type: "delegation.found", reuse: false },
  { attempting: "connecting" },
  obtain,
  state("connecting"),
]];
const FRESH: Lines = [
  ...CONNECTING,
  [{ type: "connection.ready", reused: false }, { attempting: "requesting" }, state("requesting"), request],
];
const REUSED: Lines = [
  [
    { type: "delegation.found", reuse: true },
    { attempting: "connecting" },
    { type: "reuse connection" },
    state("connecting"),
  ],
  [{ type: "connection.ready", reused: true }, { attempting: "requesting" }, state("requesting"), request],
];
const AUTHORISED: Lines = [
  ...FRESH,
  [{ type: "assertion.authorised" }, "authorised", flush, state("authorised")],
];

Deno.test("route: it starts by resolving", () => {
  assert.deepEqual(effectsAtStart(route, INPUT), resolving());
});

play("a fresh connection, a request, a verdict, the queue (I-2 to I-15)", ...AUTHORISED);
play("a connection that reaches the target is used again (I-3, I-4)", ...REUSED, [
  { type: "assertion.authorised" },
  "authorised",
  flush,
  state("authorised"),
]);

play("a connection that is gone when it was to be used again is replaced", REUSED[0]!, [
  failed("tcp.lost"),
  { attempting: "connecting" },
  obtain,
]);

play(
  "step after step of the ladder is tried, then the queue is bounced (I-6, 2.10)",
  ...CONNECTING,
  [
    failed("tcp.refused"),
    { attempting: "connecting" },
    obtain,
  ],
  [
    failed("tcp.refused"),
    { attempting: "connecting" },
    obtain,
  ],
  [
    failed("tls.names", { next: false }),
    { backoff: "waiting" },
    bounce("tls.names", false),
    state("backoff", "tls.names"),
  ],
);

Deno.test("route: no attempt opens more than four connections (2.10)", () => {
  playTrace(route, [
    [
      { type: "delegation.found", reuse: false },
      { attempting: "connecting" },
      obtain,
      state("connecting"),
    ],
    [failed("tcp.refused"), { attempting: "connecting" }, obtain],
    [failed("tcp.refused"), { attempting: "connecting" }, obtain],
    [failed("tcp.refused"), { attempting: "connecting" }, obtain],
    [
      failed("tcp.refused"),
      { backoff: "waiting" },
      bounce("tcp.refused", false),
      state("backoff", "tcp.refused"),
    ],
  ], INPUT);
});

play("what DNS says for good denies (5.7)", [
  { type: "delegation.refused", cause: "dns.no-service", permanent: true, retryMs: RETRY },
  "denied",
  bounce("dns.no-service", true),
  state("denied", "dns.no-service"),
]);
play("what DNS cannot say now backs off (5.7)", [
  { type: "delegation.refused", cause: "dns.bogus", permanent: false, retryMs: RETRY },
  { backoff: "waiting" },
  bounce("dns.bogus", false),
  state("backoff", "dns.bogus"),
]);

play("a domain that moved away is not asked for again for an hour (4.8)", ...CONNECTING, [
  failed("peer.host-gone", { next: false, gone: true }),
  "denied",
  bounce("peer.host-gone", true),
  state("denied", "peer.host-gone"),
]);

play(
  "while its machines are left alone what waits goes on waiting, and only for it is tried again (8.4)",
  ...CONNECTING,
  [
    { type: "connection.postponed", cause: "tcp.refused", retryMs: RETRY },
    { backoff: "waiting" },
    state("backoff", "tcp.refused"),
  ],
  [{ type: "demand.came" }, { backoff: "waiting" }],
  [{ after: "retry" }, { backoff: "resting" }, check],
  [{ type: "demand.came" }, { attempting: "resolving" }, ...resolving("tcp.refused")],
);

const denied = (kind: Denied["kind"], condition: string | null = null, next = true): Denied => ({
  type: "assertion.denied",
  cause: kind === "invalid" ? "peer.invalid" : "peer.denied",
  condition,
  kind,
  retryMs: RETRY,
  next,
});

// protocol.md 2.7, second table: the condition, then what it leads to on a reused and on a fresh connection while the
// ladder has a step left, and what when it has none.
type Outcome = "fresh connection" | "denied for good" | "denied" | "backoff";
const ERRORS: Record<string, [reused: Outcome, fresh: Outcome, without: Outcome]> = {
  "item-not-found": ["fresh connection", "denied for good", "denied for good"],
  "not-allowed": ["fresh connection", "denied for good", "denied for good"],
  "not-authorized": ["fresh connection", "fresh connection", "denied for good"],
  "forbidden": ["fresh connection", "fresh connection", "denied for good"],
  "not-acceptable": ["fresh connection", "fresh connection", "denied for good"],
  "policy-violation": ["denied for good", "denied for good", "denied for good"],
  "resource-constraint": ["fresh connection", "backoff", "backoff"],
  "remote-server-not-found": ["backoff", "backoff", "backoff"],
  "remote-connection-failed": ["backoff", "backoff", "backoff"],
  "remote-server-timeout": ["backoff", "backoff", "backoff"],
  "undefined-condition": ["backoff", "backoff", "backoff"],
};
const OTHERS: Record<string, [kind: Denied["kind"], reused: Outcome, fresh: Outcome, without: Outcome]> = {
  "`invalid`": ["invalid", "denied", "denied", "denied"],
  "no verdict": ["timeout", "backoff", "backoff", "backoff"],
  "a connection that was lost": ["lost", "fresh connection", "fresh connection", "backoff"],
};

function rows(name: string, event: (next: boolean) => Denied, outcomes: readonly Outcome[]): void {
  const line = (next: boolean, outcome: Outcome): Lines[number] => {
    const { cause, ...rest } = event(next);
    const words: Record<Outcome, unknown[]> = {
      "fresh connection": [{ attempting: "connecting" }, obtain, state("connecting")],
      "denied for good": ["denied", bounce(cause, true), state("denied", cause)],
      "denied": ["denied", bounce(cause, false), state("denied", cause)],
      "backoff": [{ backoff: "waiting" }, bounce(cause, false), state("backoff", cause)],
    };
    return [{ cause, ...rest }, ...words[outcome]] as unknown as Lines[number];
  };
  const [reused, fresh, without] = outcomes;
  play(`${name} on a reused connection: ${reused}`, ...REUSED, line(true, reused!));
  play(`${name} on a fresh connection: ${fresh}`, ...FRESH, line(true, fresh!));
  play(`${name} without a step left, reused: ${without}`, ...REUSED, line(false, without!));
  play(`${name} without a step left, fresh: ${without}`, ...FRESH, line(false, without!));
}
for (const [condition, outcomes] of Object.entries(ERRORS)) {
  rows(condition, (next) => denied("error", condition, next), outcomes);
}
for (const [name, [kind, ...outcomes]] of Object.entries(OTHERS)) {
  rows(name, (next) => denied(kind, null, next), outcomes);
}

play(
  "a denial is tried once on a fresh connection, not twice (2.7)",
  ...REUSED,
  [denied("error", "item-not-found"), { attempting: "connecting" }, obtain, state("connecting")],
  [{ type: "connection.ready", reused: false }, { attempting: "requesting" }, state("requesting"), request],
  [denied("error", "item-not-found"), "denied", bounce("peer.denied", true), state("denied", "peer.denied")],
);

Deno.test("route: a target that is not there is believed for the negative time, any other denial for its own", () => {
  const retryAfter = (condition: string) =>
    runningTimers(
      route,
      playTrace(route, [...FRESH, [
        denied("error", condition, false),
        "denied",
        bounce("peer.denied", true),
        state("denied", "peer.denied"),
      ]], INPUT),
    ).retry;
  assert.equal(retryAfter("item-not-found"), TIMERS.negativePairMs);
  assert.equal(retryAfter("not-authorized"), RETRY);
});

play(
  "a denied route bounces what comes, then waits for demand, then is over",
  ...FRESH,
  [denied("error", "not-allowed"), "denied", bounce("peer.denied", true), state("denied", "peer.denied")],
  [{ type: "demand.came" }, "denied", bounce("peer.denied", true)],
  [{ after: "retry" }, { backoff: "resting" }, state("backoff", "peer.denied"), check],
  [{ after: "keep" }, "over"],
);

play(
  "a route in back-off lets stanzas wait, and tries again only for them (8.4)",
  ...FRESH,
  [denied("timeout"), { backoff: "waiting" }, bounce("peer.denied", false), state("backoff", "peer.denied")],
  [{ type: "demand.came" }, { backoff: "waiting" }],
  [{ after: "retry" }, { backoff: "resting" }, check],
  [{ type: "demand.came" }, { attempting: "resolving" }, ...resolving("peer.denied")],
);

play("an attempt has 90 s in all (2.10)", ...CONNECTING, [
  { after: "attempt" },
  { backoff: "waiting" },
  bounce("route.queue-age", false),
  state("backoff", "route.queue-age"),
]);

play(
  "a revoked pair is asked for again at once, once, if stanzas wait (A-32)",
  ...AUTHORISED,
  [
    { type: "assertion.revoked", waiting: true, retryMs: RETRY, cause: "peer.revoked" },
    { attempting: "requesting" },
    state("requesting", "peer.revoked"),
    request,
  ],
  [
    denied("error", "not-authorized", false),
    "denied",
    bounce("peer.denied", true),
    state("denied", "peer.denied"),
  ],
);
play(
  "a pair revoked again after that is bounced and backs off (A-32)",
  ...AUTHORISED,
  [
    { type: "assertion.revoked", waiting: true, retryMs: RETRY, cause: "peer.revoked" },
    { attempting: "requesting" },
    state("requesting", "peer.revoked"),
    request,
  ],
  [{ type: "assertion.authorised" }, "authorised", flush, state("authorised")],
  [
    { type: "assertion.revoked", waiting: true, retryMs: RETRY, cause: "peer.revoked" },
    "denied",
    bounce("peer.revoked", false),
    state("denied", "peer.revoked"),
  ],
);
play(
  "a pair revoked while nothing waits is asked for when something does",
  ...AUTHORISED,
  [
    { type: "assertion.revoked", waiting: false, retryMs: RETRY, cause: "peer.revoked" },
    { backoff: "resting" },
    state("backoff", "peer.revoked"),
    check,
  ],
  [{ type: "demand.came" }, { attempting: "resolving" }, ...resolving("peer.revoked")],
);

play("a lost pair with stanzas waiting starts at once, and bounces nothing (8.4)", ...AUTHORISED, [
  { type: "assertion.lost", waiting: true, retryMs: 0, cause: "tcp.lost" },
  { attempting: "resolving" },
  ...resolving("tcp.lost"),
]);
play(
  "a pair lost with many others waits its random time, and bounces nothing (8.4)",
  ...AUTHORISED,
  [
    { type: "assertion.lost", waiting: true, retryMs: 30_000, cause: "tcp.lost" },
    { backoff: "waiting" },
    state("backoff", "tcp.lost"),
  ],
  [{ after: "retry" }, { backoff: "resting" }, check],
  [{ type: "demand.came" }, { attempting: "resolving" }, ...resolving("tcp.lost")],
);
play("a connection lost between its end and our request is replaced", ...REUSED, [
  { type: "assertion.lost", waiting: true, retryMs: 0, cause: "tcp.lost" },
  { attempting: "connecting" },
  obtain,
  state("connecting"),
]);

play(
  "a verdict that comes after our patience still opens the pair",
  ...FRESH,
  [
    { after: "attempt" },
    { backoff: "waiting" },
    bounce("route.queue-age", false),
    state("backoff", "route.queue-age"),
  ],
  [{ type: "assertion.authorised" }, "authorised", flush, state("authorised")],
);

for (const [name, lines] of Object.entries({ resolving: [], connecting: CONNECTING, requesting: FRESH })) {
  play(`shutdown while ${name} bounces the queue (A-36)`, ...lines, [
    { type: "drain.wanted", cause: "server.shutdown" },
    "over",
    bounce("server.shutdown", false),
  ]);
}
play(
  "shutdown of an authorised pair flushes, then bounces what is left (A-36)",
  ...AUTHORISED,
  [
    { type: "drain.wanted", cause: "server.shutdown" },
    "draining",
    state("draining", "server.shutdown"),
    flush,
  ],
  [{ type: "demand.came" }, "draining", bounce("server.shutdown", false)],
  [{ after: "grace" }, "over", bounce("server.shutdown", false)],
);

play(
  "the operator may have it tried at once",
  [
    { type: "delegation.refused", cause: "dns.nxdomain", permanent: true, retryMs: RETRY },
    "denied",
    bounce("dns.nxdomain", true),
    state("denied", "dns.nxdomain"),
  ],
  [{ type: "retry.wanted" }, { attempting: "resolving" }, ...resolving("dns.nxdomain")],
);

Deno.test("route: failures are counted in a row, for the shell's back-off", () => {
  const refused: Lines = [[
    { type: "delegation.refused", cause: "dns.servfail", permanent: false, retryMs: RETRY },
    { backoff: "waiting" },
    bounce("dns.servfail", false),
    state("backoff", "dns.servfail"),
  ], [{ type: "retry.wanted" }, { attempting: "resolving" }, ...resolving("dns.servfail")]];
  assert.equal(playTrace(route, [...refused, ...refused], INPUT).context.failures, 2);
  assert.equal(playTrace(route, AUTHORISED, INPUT).context.failures, 0);
});
