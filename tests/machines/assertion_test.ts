import { assertionIn } from "../../machines/assertion_in.ts";
import { assertionOut } from "../../machines/assertion_out.ts";
import { type Line, playTrace } from "./trace.ts";
import { TIMERS } from "./timers.ts";

type Out = Line<typeof assertionOut>[];
type In = Line<typeof assertionIn>[];

const asks = (name: string, ...lines: Out) =>
  Deno.test(`assertion out: ${name}`, () => void playTrace(assertionOut, lines, { timers: TIMERS }));
const answers = (name: string, ...lines: In) =>
  Deno.test(`assertion in: ${name}`, () => void playTrace(assertionIn, lines, { timers: TIMERS }));

const REQUESTED: Out = [[{ type: "turn.came" }, "requested", { type: "send request" }]];
const AUTHORISED: Out = [...REQUESTED, [{ type: "verdict.valid" }, "authorised", { type: "authorise" }]];

// protocol.md 2.7, column "pair in pendingOut"
asks("`valid` for a pending request authorises", ...AUTHORISED);
asks("`invalid` for a pending request denies", ...REQUESTED, [{ type: "verdict.invalid" }, "denied", {
  type: "report denied",
  cause: "peer.invalid",
  condition: null,
  kind: "invalid",
}]);
asks(
  "`error` for a pending request denies with its condition",
  ...REQUESTED,
  [{ type: "verdict.error", condition: "item-not-found" }, "denied", {
    type: "report denied",
    cause: "peer.denied",
    condition: "item-not-found",
    kind: "error",
  }],
);
asks("no verdict in time denies", ...REQUESTED, [{ after: "verdict" }, "denied", {
  type: "report denied",
  cause: "peer.verdict-timeout",
  condition: null,
  kind: "timeout",
}]);
asks(
  "a connection that ends while the request is pending counts as denied",
  ...REQUESTED,
  [{ type: "connection.over", cause: "tcp.lost" }, "lost", {
    type: "report denied",
    cause: "tcp.lost",
    condition: null,
    kind: "lost",
  }],
);
asks(
  "our own proof that ends while the request is pending leaves nothing to withdraw",
  ...REQUESTED,
  [{ type: "proof.ended", cause: "proof.expired" }, "withdrawn", {
    type: "report denied",
    cause: "proof.expired",
    condition: null,
    kind: "lost",
  }],
);

// column "pair authorised for sending here"
asks("`valid` for an authorised pair is a duplicate", ...AUTHORISED, [
  { type: "verdict.valid" },
  "authorised",
]);
asks("`invalid` for an authorised pair revokes it at once", ...AUTHORISED, [
  { type: "verdict.invalid" },
  "revoked",
  { type: "withdraw", by: "peer", cause: "peer.revoked" },
]);
asks("`error` for an authorised pair revokes it at once", ...AUTHORISED, [
  { type: "verdict.error", condition: "not-authorized" },
  "revoked",
  { type: "withdraw", by: "peer", cause: "peer.revoked" },
]);
asks("a pair ends with its connection", ...AUTHORISED, [
  { type: "connection.over", cause: "tcp.reset" },
  "lost",
  { type: "withdraw", by: "connection", cause: "tcp.reset" },
]);
asks("a pair ends with our proof of the remote domain", ...AUTHORISED, [
  { type: "proof.ended", cause: "proof.delegation" },
  "withdrawn",
  { type: "withdraw", by: "us", cause: "proof.delegation" },
]);

// column "neither"
asks(
  "a verdict before our request means nothing",
  [{ type: "verdict.valid" }, "waiting"],
  [{ type: "verdict.invalid" }, "waiting"],
  [{ type: "verdict.error", condition: "not-allowed" }, "waiting"],
);
asks(
  "a verdict after its time means nothing",
  ...REQUESTED,
  [{ after: "verdict" }, "denied", {
    type: "report denied",
    cause: "peer.verdict-timeout",
    condition: null,
    kind: "timeout",
  }],
  [{ type: "verdict.valid" }, "denied"],
);
asks("a request whose turn never comes is denied", [{ after: "turn" }, "denied", {
  type: "report denied",
  cause: "peer.verdict-timeout",
  condition: null,
  kind: "timeout",
}]);

// protocol.md 2.6.1
const PROVING: In = [[{ type: "request.admitted" }, "proving", { type: "collect evidence" }]];
const REFUSED = { cause: "policy.blocked", denial: { type: "cancel", condition: "not-allowed" } } as const;
const MISSING = { cause: "dns.insecure", denial: { type: "auth", condition: "not-authorized" } } as const;

answers("a proof grants, and the tables come before the verdict (Q12)", ...PROVING, [
  { type: "proof.found" },
  "granted",
  { type: "grant" },
  { type: "send valid" },
]);
answers("no proof denies (Q10)", ...PROVING, [
  { type: "proof.missing", ...MISSING },
  "denied",
  { type: "send error", ...MISSING },
]);
answers(
  "a refuted key of the only pair is `invalid`, and the stream ends (7.4, XEP-0220 2.2.1)",
  ...PROVING,
  [
    { type: "proof.missing", cause: "peer.invalid", denial: { type: "invalid", condition: null } },
    "denied",
    { type: "send invalid", cause: "peer.invalid" },
    { type: "close stream", cause: "peer.invalid" },
  ],
);
answers("a proof that takes too long denies for now", ...PROVING, [
  { after: "proof" },
  "denied",
  {
    type: "send error",
    cause: "proof.timeout",
    denial: { type: "wait", condition: "remote-server-timeout" },
  },
]);
answers("a connection that ends while proving drops the request silently (Q11)", ...PROVING, [
  { type: "connection.over" },
  "dropped",
]);
answers("a refused request is denied without any look-up (Q3 to Q7)", [
  { type: "request.refused", ...REFUSED },
  "denied",
  { type: "send error", ...REFUSED },
]);
answers("a known pair is answered at once, and not granted again (Q8)", [
  { type: "request.known" },
  "granted",
  { type: "send valid" },
]);
answers("cause limit.proofs: a request that is never admitted is denied for now", [
  { after: "proof" },
  "denied",
  { type: "send error", cause: "limit.proofs", denial: { type: "wait", condition: "resource-constraint" } },
]);
answers("a proof that nobody looked for grants nothing", [{ type: "proof.found" }, "received"]);
