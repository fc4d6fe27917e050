/** What is said of a pair that no table knows any more: by what was decided last, in either direction. console.md 6 E. */
import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import type { Happening } from "../../facts/event.ts";
import type { Explanation, Stage } from "../../observe/contract.ts";
import { explanationOf } from "../../observe/explain/explanation.ts";
import { Failures } from "../../observe/failures/failures.ts";
import type { LiveExplanation } from "../../observe/live.ts";
import { Recorder } from "../../observe/recorder.ts";
import type { ServerView } from "../../observe/view.ts";
import { parseDomain } from "../../xmpp/domain.ts";

const [LOCAL, REMOTE] = [parseDomain("target.example"), parseDomain("sender.example")];
const pair = { local: LOCAL, remote: REMOTE };
const view = { surroundings: () => ({ resolver: null, console: null }) } as unknown as ServerView;

const stage = (id: string, verdict: Stage["verdict"]): Stage => ({
  ...{ id, title: id, verdict, evidence: {} },
  ...{ elapsedMs: null, hint: null },
});

/** Nothing of the pair is in any table. */
function live(dns: Stage["verdict"] = "ok", pending = false): LiveExplanation {
  const nothing = { verdict: "unknown", cause: null, pending, standing: {} } as const;
  return {
    ...pair,
    directions: {
      out: { from: LOCAL, to: REMOTE, ...nothing },
      in: { from: REMOTE, to: LOCAL, ...nothing },
    },
    refusal: null,
    stages: [stage("policy", "ok"), stage("dns", dns), stage("connection", "skip")],
  };
}

const happened = (type: Happening["type"], detail: Happening["detail"], cause?: Cause): Happening => ({
  ...{ type, connection: "c-1", pair, detail: detail ?? {} },
  ...(cause === undefined ? {} : { cause, level: "warning" as const }),
});

/** @param kept Whether the recorder still has it. */
function explained(events: readonly Happening[], state = live(), kept = true): Explanation {
  const now = () => 1_800_000_000_000;
  const [recorder, failures] = [new Recorder(now, { kept }), new Failures(now)];
  recorder.listen((event) => failures.hear(event));
  for (const event of events) recorder.tell(event);
  return explanationOf(state, { view, recorder, failures });
}

const verdicts = ({ verdict, directions }: Explanation) => [
  verdict,
  ...[directions.out, directions.in].map(({ verdict, cause }) => cause ?? verdict),
];

const GRANTED = happened("pair.granted", {});
const AUTHORISED = happened("pair.authorised", {});
const denied = (cause: Cause) => happened("pair.denied", { direction: "in", condition: "forbidden" }, cause);
const revoked = (direction: string, cause: Cause) => happened("pair.revoked", { direction, by: "us" }, cause);
const backoff = (cause: Cause) => happened("route.state", { state: "backoff" }, cause);

const CASES: Record<string, [events: readonly Happening[], state: LiveExplanation, expected: string[]]> = {
  "nothing was ever asked": [[], live(), ["unknown", "unknown", "unknown"]],
  "a request of the peer was denied": [
    [denied("proof.none")],
    live(),
    ["closed", "unknown", "proof.none"],
  ],
  "it was denied, then granted, and the connection has ended": [
    [denied("proof.none"), GRANTED],
    live(),
    ["unknown", "unknown", "unknown"],
  ],
  "it was granted, then revoked": [
    [GRANTED, revoked("in", "proof.delegation")],
    live(),
    ["closed", "unknown", "proof.delegation"],
  ],
  "a revocation takes both directions that stood on the connection": [
    [GRANTED, AUTHORISED, revoked("out", "policy.revoked")],
    live(),
    ["closed", "policy.revoked", "policy.revoked"],
  ],
  "an attempt of ours failed, and the route is forgotten": [
    [backoff("tcp.refused")],
    live(),
    ["closed", "tcp.refused", "unknown"],
  ],
  "DNS failed then and answers now": [[backoff("dns.bogus")], live(), ["unknown", "unknown", "unknown"]],
  "DNS is not asked by the peer's requests: what we said to one stands until the next": [
    [denied("dns.bogus")],
    live(),
    ["closed", "unknown", "dns.bogus"],
  ],
  "a block that is over is no cause any more": [
    [denied("policy.blocked")],
    live(),
    ["unknown", "unknown", "unknown"],
  ],
  "it is asked for again just now": [
    [denied("proof.none"), backoff("tcp.refused")],
    live("ok", true),
    ["unknown", "unknown", "unknown"],
  ],
};
for (const [name, [events, state, expected]] of Object.entries(CASES)) {
  Deno.test(`explain: ${name}`, () => assert.deepEqual(verdicts(explained(events, state)), expected));
}

Deno.test("explain: where the recorder has let a denial go, the failures still know its cause", () => {
  const told = explained([denied("proof.none")], live(), false);
  assert.deepEqual(verdicts(told), ["closed", "unknown", "proof.none"]);
  assert.match(
    told.headline,
    /^sender\.example -> target\.example is closed: .*; last denied at 2027-01-15T/,
  );
  const other = { ...denied("proof.none"), pair: { ...pair, local: "other-target.example" } };
  assert.deepEqual(verdicts(explained([other], live(), false)), ["unknown", "unknown", "unknown"]);
  const works = explained([denied("proof.none"), GRANTED], live(), false);
  assert.deepEqual(verdicts(works), ["unknown", "unknown", "unknown"]);
});

Deno.test("explain: a peer's words stand with its own denial only", () => {
  const said = happened("verdict.received", { verdict: "error", text: "go away" }, "peer.denied");
  const no = happened("pair.denied", { direction: "out", condition: "forbidden" }, "peer.denied");
  const words = (events: readonly Happening[]) =>
    explained(events).stages.map(({ evidence }) => (evidence as { peerText?: string }).peerText ?? null);
  assert.deepEqual(words([said, no]), [null, null, null, "go away", null]);
  assert.deepEqual(words([said, { ...no, connection: "c-2" }]), Array(5).fill(null));
  assert.deepEqual(words([said, denied("proof.none")]), Array(5).fill(null));
});

/** More than a ring keeps. */
const OFTEN = 200;

Deno.test("explain: a denial that the recorder let go behind an older grant is told with the peer's condition, words and time, though other pairs of the peer work since", () => {
  const said = happened(
    "verdict.received",
    { verdict: "error", condition: "not-authorized", text: "go away" },
    "peer.denied",
  );
  const no = happened(
    "pair.denied",
    { direction: "out", condition: "not-authorized", prooftype: "dna-srv", dns: "secure" },
    "peer.denied",
  );
  const rest = happened("route.state", { state: "denied" }, "peer.denied");
  const renewed = happened("tlsa.resolved", {
    host: "h.example",
    port: 5269,
    security: "secure",
    records: [],
  });
  const other = { ...AUTHORISED, pair: { ...pair, local: "other-target.example" } };
  const begun = Array(50).fill(AUTHORISED);
  const noise = Array(OFTEN).fill(renewed);
  const nothing = live();
  const closed = { ...nothing.directions.out, verdict: "closed", cause: "peer.denied" } as const;
  const state = { ...nothing, directions: { ...nothing.directions, out: closed } };
  for (const events of [[said, no, rest], [...begun, ...noise, said, no, rest, ...noise, other]]) {
    const { evidence } = explained(events, state).stages.find(({ id }) => id === "pair")!;
    const { decision, decidedAt, decidedOn, condition, peerText, proofTried, dns } = evidence as Record<
      string,
      unknown
    >;
    assert.deepEqual(
      { decision, decidedOn, condition, peerText },
      { decision: "denied", decidedOn: "c-1", condition: "not-authorized", peerText: "go away" },
    );
    assert.match(String(decidedAt), /^2027-01-15T/);
    // What proved the peer says nothing about the look that it took at us.
    assert.deepEqual([proofTried, dns], [null, null]);
  }
});

const verdictsOf = ({ stages }: Explanation) =>
  stages.map(({ id, verdict }) => `${id} ${verdict}`).slice(2, 4);

Deno.test("explain: the stage that failed is the one that fails", () => {
  const began = happened("route.state", { state: "connecting" });
  const asked = happened("request.sent", {});
  const cases: Record<string, [events: readonly Happening[], expected: string[]]> = {
    "no machine could be reached": [[began, backoff("tcp.refused")], ["connection fail", "pair skip"]],
    "our own setting forbids the address": [
      [began, backoff("tcp.forbidden")],
      ["connection fail", "pair skip"],
    ],
    "the peer's certificate proves nothing": [[began, backoff("tls.names")], [
      "connection fail",
      "pair skip",
    ]],
    "the peer ended the stream before it was asked": [
      [began, backoff("stream.not-authorized")],
      ["connection fail", "pair skip"],
    ],
    "the peer ended the stream when it was asked": [
      [began, asked, backoff("stream.error")],
      ["connection skip", "pair fail"],
    ],
    "the peer said no": [[began, asked, backoff("peer.denied")], ["connection skip", "pair fail"]],
  };
  for (const [name, [events, expected]] of Object.entries(cases)) {
    assert.deepEqual(verdictsOf(explained(events)), expected, name);
  }
});
