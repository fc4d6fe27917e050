import assert from "node:assert/strict";
import type { Callback } from "../../facts/callback.ts";
import type { Cause } from "../../facts/cause.ts";
import { verification } from "../../machines/verification.ts";
import { effectsAtStart, type Line, playTrace } from "./trace.ts";
import { TIMERS } from "./timers.ts";

type Lines = Line<typeof verification>[];

const play = (name: string, ...lines: Lines) =>
  Deno.test(`verification: ${name}`, () => void playTrace(verification, lines, { timers: TIMERS }));

const FOUND: Lines = [[{ type: "server.found" }, { verifying: "connecting" }, { type: "connect" }]];
const ASKED: Lines = [...FOUND, [{ type: "connection.ready", same: false }, { verifying: "asking" }, {
  type: "send verify",
}]];
const ended = (event: Lines[number][0], outcome: Callback["outcome"], cause: Cause | null): Lines[number] => [
  event,
  "answered",
  { type: "let go" },
  { type: "report", outcome, cause },
];

Deno.test("verification: it begins by finding out whom to ask", () => {
  assert.deepEqual(effectsAtStart(verification, { timers: TIMERS }), [{ type: "resolve" }]);
});

// protocol.md 7.4, row by row
play("`valid` confirms", ...ASKED, ended({ type: "answer.received", verdict: "valid" }, "confirmed", null));
play(
  "`invalid` refutes, cause dialback.refuted",
  ...ASKED,
  ended({ type: "answer.received", verdict: "invalid" }, "refuted", "dialback.refuted"),
);
play(
  "`error` is an error, cause dialback.error",
  ...ASKED,
  ended({ type: "answer.received", verdict: "error" }, "error", "dialback.error"),
);
play(
  "a server that ends its stream with host-unknown is an error",
  ...ASKED,
  ended({ type: "connection.over", outcome: "error", cause: "dialback.error" }, "error", "dialback.error"),
);
play(
  "a domain without a server is unresolved",
  ended(
    { type: "server.missing", outcome: "unresolved", cause: "dns.nxdomain" },
    "unresolved",
    "dns.nxdomain",
  ),
);
play(
  "a server that cannot be reached",
  ...FOUND,
  ended(
    { type: "connection.failed", outcome: "unreachable", cause: "tcp.refused" },
    "unreachable",
    "tcp.refused",
  ),
);
for (const [where, lines] of Object.entries({ resolving: [], connecting: FOUND, asking: ASKED })) {
  play(
    `its time over while ${where}, cause dialback.timeout`,
    ...lines,
    ended({ after: "verify" }, "unreachable", "dialback.timeout"),
  );
  play(`nobody waits any more while ${where}`, ...lines, [{ type: "request.over" }, "dropped", {
    type: "let go",
  }]);
}
play(
  "the same certificate needs no question (XEP-0344)",
  ...FOUND,
  ended({ type: "connection.ready", same: true }, "same-certificate", null),
);
