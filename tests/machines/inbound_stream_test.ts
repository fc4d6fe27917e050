import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import { inboundStream } from "../../machines/inbound_stream.ts";
import type { SaslCondition } from "../../xmpp/sasl_external.ts";
import type { StreamCondition } from "../../xmpp/stream_error.ts";
import { effectsAtStart, type Line, playTrace } from "./trace.ts";
import { TIMERS } from "./timers.ts";

type Lines = Line<typeof inboundStream>[];
const INPUT = { timers: TIMERS };

const OPENED: Lines = [[
  { type: "header.received", mode: "server-name", named: false, refusal: null, tls: "required" },
  { negotiating: "securing" },
  { type: "answer header" },
  { type: "send features", stage: "plain", external: false },
]];
const HANDSHAKING: Lines = [
  ...OPENED,
  [{ type: "starttls.received" }, { negotiating: "handshaking" }, { type: "send proceed" }, {
    type: "start tls",
  }],
];
const REOPENING: Lines = [...HANDSHAKING, [{ type: "tls.secured" }, { negotiating: "reopening" }]];
const OFFERING: Lines = [...REOPENING, [
  { type: "header.received", mode: "server-name", named: true, refusal: null, tls: "required" },
  { negotiating: "offering" },
  { type: "answer header" },
  { type: "raise limits" },
  { type: "send features", stage: "secure", external: true },
  { type: "report established", mode: "server-name" },
]];
const PROVING: Lines = [...REOPENING, [
  { type: "header.received", mode: "classic", named: false, refusal: null, tls: "required" },
  { negotiating: "proving" },
  { type: "answer header" },
  { type: "prove name" },
]];
const VOUCHING: Lines = [...REOPENING, [
  { type: "header.received", mode: "server-name", named: false, refusal: null, tls: "required" },
  { negotiating: "vouching" },
  { type: "answer header" },
  { type: "prove machine" },
]];
const CLASSIC: Lines = [...PROVING, [
  { type: "name.judged", proven: false },
  { negotiating: "offering" },
  { type: "send features", stage: "secure", external: false },
  { type: "report established", mode: "classic" },
]];
const PROVEN: Lines = [...PROVING, [
  { type: "name.judged", proven: true },
  { negotiating: "offering" },
  { type: "raise limits" },
  { type: "send features", stage: "secure", external: true },
  { type: "report established", mode: "classic" },
]];
const RESTARTING: Lines = [
  ...PROVEN,
  [{ type: "auth.received", outcome: "accepted" }, { negotiating: "restarting" }, { type: "send success" }],
];
const REQUESTING: Lines = [...OFFERING, [{ type: "request.received" }, { negotiating: "requesting" }]];
const ESTABLISHED: Lines = [...REQUESTING, [{ type: "pair.opened" }, "established"]];

const play = (name: string, ...lines: Lines) =>
  Deno.test(`inbound stream: ${name}`, () => void playTrace(inboundStream, lines, INPUT));

Deno.test("inbound stream: it starts by listening, and sends nothing", () => {
  assert.deepEqual(effectsAtStart(inboundStream, INPUT), []);
});

play("opens, secures, opens again, takes a request, opens a pair (R-1 to R-11)", ...ESTABLISHED);

play(
  "a classic stream keeps the limits of the unproven until its first pair (A-30)",
  ...CLASSIC,
  [{ type: "request.received" }, { negotiating: "requesting" }],
  [{ type: "pair.opened" }, "established", { type: "raise limits" }],
  [{ type: "pair.opened" }, "established"],
);

// -- a name that the certificate does not carry

play(
  "a machine's own records prove its name as a certificate does (R-7)",
  ...VOUCHING,
  [
    { type: "machine.judged", refusal: null },
    { negotiating: "offering" },
    { type: "raise limits" },
    { type: "send features", stage: "secure", external: true },
    { type: "report established", mode: "server-name" },
  ],
);

const endedFor = (condition: StreamCondition, cause: Cause): Lines[number] => [
  { type: "machine.judged", refusal: { condition, cause } },
  { closing: "answering" },
  { type: "send error", condition, cause },
  { type: "close stream" },
];
play(
  "a name that nothing proves ends the stream (R-7)",
  ...VOUCHING,
  endedFor("not-authorized", "dane.mismatch"),
);
play(
  "so does a server that has too much to look up (R-7)",
  ...VOUCHING,
  endedFor("resource-constraint", "limit.proofs"),
);

play(
  "a name that is not proven within 5 s ends the stream, and nothing proves it later (R-7)",
  ...VOUCHING,
  [
    { after: "proving" },
    { closing: "answering" },
    { type: "send error", condition: "not-authorized", cause: "proof.timeout" },
    { type: "close stream" },
  ],
  [{ type: "machine.judged", refusal: null }, { closing: "answering" }],
);

// -- SASL EXTERNAL (7.1)

play(
  "a name that is not proven within 5 s is offered no EXTERNAL (R-8)",
  ...PROVING,
  [
    { after: "proving" },
    { negotiating: "offering" },
    { type: "send features", stage: "secure", external: false },
    { type: "report established", mode: "classic" },
  ],
  [{ type: "name.judged", proven: true }, { negotiating: "offering" }],
);

const ADMITTED: Lines[number] = [
  { type: "header.received", mode: "classic", named: false, refusal: null, tls: "required" },
  { negotiating: "requesting" },
  { type: "answer header" },
  { type: "send features", stage: "authenticated", external: false },
  { type: "admit header pair" },
];
play(
  "a claim that is accepted opens the pair of the header, behind the features of a new stream (SAS-4)",
  ...RESTARTING,
  ADMITTED,
  [{ type: "pair.opened" }, "established"],
);

play(
  "a claim without its response is asked for it (SAS-3)",
  ...PROVEN,
  [{ type: "auth.received", outcome: "challenge" }, { negotiating: "offering" }, { type: "send challenge" }],
  [{ type: "response.received", outcome: "accepted" }, { negotiating: "restarting" }, {
    type: "send success",
  }],
);

play(
  "a response that nobody asked for is malformed",
  ...PROVEN,
  [{ type: "response.received", outcome: "accepted" }, { negotiating: "offering" }, {
    type: "send failure",
    condition: "malformed-request",
  }],
);

play(
  "a second claim replaces the exchange under way (7.1)",
  ...PROVEN,
  [{ type: "auth.received", outcome: "challenge" }, { negotiating: "offering" }, { type: "send challenge" }],
  [{ type: "auth.received", outcome: "accepted" }, { negotiating: "restarting" }, { type: "send success" }],
);

play(
  "an exchange that was given up does not go on (SAS-8)",
  ...PROVEN,
  [{ type: "auth.received", outcome: "challenge" }, { negotiating: "offering" }, { type: "send challenge" }],
  [{ type: "auth.aborted" }, { negotiating: "offering" }, { type: "send failure", condition: "aborted" }],
  [{ type: "response.received", outcome: "accepted" }, { negotiating: "offering" }, {
    type: "send failure",
    condition: "malformed-request",
  }],
);

const failed = (condition: SaslCondition, state: unknown): Lines[number] => [
  { type: "auth.received", outcome: condition },
  state,
  { type: "send failure", condition },
];
const TOO_OFTEN: Lines[number] = [
  { type: "auth.received", outcome: "invalid-authzid" },
  { closing: "answering" },
  { type: "send error", condition: "policy-violation", cause: "sasl.failures" },
  { type: "close stream" },
];
play(
  "the fourth failure ends the stream, whatever the others were (SAS-9)",
  ...PROVEN,
  failed("invalid-authzid", { negotiating: "offering" }),
  failed("incorrect-encoding", { negotiating: "offering" }),
  failed("invalid-mechanism", { negotiating: "offering" }),
  TOO_OFTEN,
);

play(
  "a failure leaves requests possible (SAS-5)",
  ...PROVEN,
  failed("invalid-authzid", { negotiating: "offering" }),
  [{ type: "request.received" }, { negotiating: "requesting" }],
  [{ type: "pair.opened" }, "established"],
);

play(
  "where a pair is open nothing is left to be claimed",
  ...ESTABLISHED,
  [{ type: "auth.received", outcome: "accepted" }, "established", {
    type: "send failure",
    condition: "not-authorized",
  }],
);

play(
  "between server names success opens nothing that was not open (R-10)",
  ...OFFERING,
  [{ type: "auth.received", outcome: "accepted" }, { negotiating: "restarting" }, { type: "send success" }],
  [
    { type: "header.received", mode: "server-name", named: true, refusal: null, tls: "required" },
    { negotiating: "requesting" },
    { type: "answer header" },
    { type: "send features", stage: "authenticated", external: false },
    { type: "admit header pair" },
  ],
  [{ type: "request.received" }, { negotiating: "requesting" }],
);

// -- policy `legacy` (2.10 rung 4, 4.1)

const OPTIONAL: Lines = [[
  { type: "header.received", mode: "classic", named: false, refusal: null, tls: "optional" },
  { negotiating: "choosing" },
  { type: "answer header" },
  { type: "send features", stage: "optional", external: false },
]];
const CLEAR: Lines = [...OPTIONAL, [
  { type: "clear.spoken" },
  { negotiating: "clear" },
  { type: "report established", mode: "classic" },
]];
const NO_EXTERNAL: Lines[number] = [
  { type: "auth.received", outcome: "accepted" },
  { negotiating: "choosing" },
  { type: "send failure", condition: "encryption-required" },
];

play(
  "where TLS is optional a request may come without it",
  ...CLEAR,
  [{ type: "request.received" }, { negotiating: "clear" }],
  [{ type: "pair.opened" }, "established", { type: "raise limits" }],
);
play("where TLS is optional STARTTLS is taken as ever", ...OPTIONAL, ...REOPENING.slice(OPENED.length));
play(
  "TLS optional: what is asked without it closes the way into it",
  ...CLEAR,
  [{ type: "starttls.received" }, { closing: "answering" }, { type: "send tls failure" }, {
    type: "close stream",
  }],
);
play(
  "TLS optional: `<bidi/>` before TLS is ignored (A-5)",
  ...OPTIONAL,
  [{ type: "bidi.received" }, { negotiating: "choosing" }],
  ...CLEAR.slice(OPTIONAL.length),
  [{ type: "bidi.received" }, { negotiating: "clear" }],
);
play(
  "SAS-7: a claim before TLS proves nothing, even one that would be right",
  ...OPTIONAL,
  NO_EXTERNAL,
  NO_EXTERNAL,
  NO_EXTERNAL,
  [{ type: "auth.received", outcome: "accepted" }, { closing: "answering" }, {
    type: "send error",
    condition: "policy-violation",
    cause: "sasl.failures",
  }, { type: "close stream" }],
);
play(
  "SAS-7: nor does it later on a stream without TLS",
  ...CLEAR,
  [{ type: "auth.received", outcome: "accepted" }, { negotiating: "clear" }, {
    type: "send failure",
    condition: "encryption-required",
  }],
  [{ type: "pair.opened" }, "established", { type: "raise limits" }],
  [{ type: "auth.received", outcome: "accepted" }, "established", {
    type: "send failure",
    condition: "encryption-required",
  }],
);
play(
  "a peer of version 0.9 gets no features and may ask at once (4.1)",
  [
    { type: "header.received", mode: "classic", named: false, refusal: null, tls: "impossible" },
    { negotiating: "clear" },
    { type: "answer header" },
    { type: "report established", mode: "classic" },
  ],
  [{ type: "request.received" }, { negotiating: "clear" }],
  [{ type: "pair.opened" }, "established", { type: "raise limits" }],
);
play(
  "where TLS is required nothing goes on without it (4.6)",
  ...OPENED,
  [{ type: "clear.spoken" }, { closing: "answering" }, {
    type: "send error",
    condition: "policy-violation",
    cause: "tls.required",
  }, { type: "close stream" }],
);

play(
  "direct TLS begins with the handshake, its first stream is the one inside (XEP-0368)",
  [{ type: "tls.expected" }, { negotiating: "handshaking" }, { type: "start tls" }],
  [{ type: "tls.secured" }, { negotiating: "reopening" }],
  ...OFFERING.slice(REOPENING.length),
);

const HEADERS: Record<string, Lines> = { first: [], second: REOPENING, third: RESTARTING };
for (const [which, lines] of Object.entries(HEADERS)) {
  play(
    `a refused ${which} header is answered before its error (RFC 6120 4.9.1.2)`,
    ...lines,
    [
      {
        type: "header.received",
        mode: "classic",
        named: false,
        refusal: { condition: "host-unknown", cause: "stream.host-unknown" },
        tls: "required",
      },
      { closing: "answering" },
      { type: "answer header" },
      { type: "send error", condition: "host-unknown", cause: "stream.host-unknown" },
      { type: "close stream" },
    ],
  );
  play(
    `bytes that are no ${which} header get our header before the error (RFC 6120 4.9.1.2)`,
    ...lines,
    [
      { type: "fault.found", condition: "not-well-formed", cause: "xml.not-well-formed" },
      { closing: "answering" },
      { type: "answer header" },
      { type: "send error", condition: "not-well-formed", cause: "xml.not-well-formed" },
      { type: "close stream" },
    ],
  );
  play(
    `a peer that owes its ${which} header is dropped in time, without XML`,
    ...lines,
    [{ after: "header" }, "closed", { type: "drop connection" }, {
      type: "report over",
      cause: "stream.header-timeout",
    }],
  );
  play(
    `shutting down, a peer that owes its ${which} header is told why`,
    ...lines,
    [
      { type: "close.requested", condition: "system-shutdown", cause: "server.shutdown" },
      { closing: "answering" },
      { type: "answer header" },
      { type: "send error", condition: "system-shutdown", cause: "server.shutdown" },
      { type: "close stream" },
    ],
  );
  play(
    `the operator closes while the ${which} header is owed: there is no stream to close`,
    ...lines,
    [{ type: "close.requested", cause: "operator.closed" }, "closed", { type: "drop connection" }, {
      type: "report over",
      cause: "operator.closed",
    }],
  );
}

const ERRED: Record<string, [lines: Lines, headerFirst: boolean]> = {
  "before <starttls/>": [OPENED, false],
  "before the second header": [REOPENING, true],
  "while the name is being proven": [PROVING, false],
  "while the machine's name is being proven": [VOUCHING, false],
  "before the header after SASL": [RESTARTING, true],
  "before the first request": [OFFERING, false],
  "before the first authorised pair": [REQUESTING, false],
};
for (const [name, [lines, headerFirst]] of Object.entries(ERRED)) {
  const header: { type: "answer header" }[] = headerFirst ? [{ type: "answer header" }] : [];
  play(
    `negotiation not finished ${name} ends with connection-timeout (8.5)`,
    ...lines,
    [
      { after: "negotiation" },
      { closing: "answering" },
      ...header,
      { type: "send error", condition: "connection-timeout", cause: "stream.negotiation-timeout" },
      { type: "close stream" },
    ],
  );
}

const DROPS: Record<string, [event: Lines[number][0], cause: Cause]> = {
  "a failed handshake": [{ type: "tls.failed", cause: "tls.handshake" }, "tls.handshake"],
  "plaintext behind <starttls/> (A-39)": [{ type: "tls.failed", cause: "tls.injection" }, "tls.injection"],
  "a handshake that takes too long": [{ after: "tls" }, "tls.timeout"],
  "a negotiation that takes too long, in the handshake,": [
    { after: "negotiation" },
    "stream.negotiation-timeout",
  ],
};
for (const [name, [event, cause]] of Object.entries(DROPS)) {
  play(
    `${name} drops TCP without XML (4.6)`,
    ...HANDSHAKING,
    [event, "closed", { type: "drop connection" }, { type: "report over", cause }],
  );
}

play(
  "a request before TLS is a policy violation (4.6)",
  ...OPENED,
  [
    { type: "request.received" },
    { closing: "answering" },
    { type: "send error", condition: "policy-violation", cause: "tls.required" },
    { type: "close stream" },
  ],
);

for (const [name, lines] of Object.entries({ "no pair yet": OFFERING, "open pairs": ESTABLISHED })) {
  play(
    `STARTTLS inside TLS, with ${name}, gets <failure/> and the end (4.6)`,
    ...lines,
    [{ type: "starttls.received" }, { closing: "answering" }, { type: "send tls failure" }, {
      type: "close stream",
    }],
  );
}

play(
  "bidi before TLS is ignored (A-5)",
  ...OPENED,
  [{ type: "bidi.received" }, { negotiating: "securing" }],
);
play(
  "bidi counts once, before the first request (2.8)",
  ...OFFERING,
  [{ type: "bidi.received" }, { negotiating: "requesting" }, { type: "enable bidi" }],
  [{ type: "bidi.received" }, { negotiating: "requesting" }],
);
play(
  "bidi after the first request is ignored (2.8)",
  ...REQUESTING,
  [{ type: "bidi.received" }, { negotiating: "requesting" }],
  [{ type: "pair.opened" }, "established"],
  [{ type: "bidi.received" }, "established"],
);

play(
  "a header inside the stream is out of turn",
  ...ESTABLISHED,
  [
    { type: "header.received", mode: "classic", named: false, refusal: null, tls: "required" },
    { closing: "answering" },
    { type: "send error", condition: "unsupported-stanza-type", cause: "stream.unexpected" },
    { type: "close stream" },
  ],
);

play(
  "after our error the peer's closing tag ends it (4.9)",
  ...ESTABLISHED,
  [
    { type: "fault.found", condition: "invalid-from", cause: "route.spoofed" },
    { closing: "answering" },
    { type: "send error", condition: "invalid-from", cause: "route.spoofed" },
    { type: "close stream" },
  ],
  [{ type: "fault.found", condition: "invalid-from", cause: "route.spoofed" }, { closing: "ending" }, {
    type: "end connection",
  }],
  [{ type: "connection.ended", cause: "tcp.lost" }, "closed", {
    type: "report over",
    cause: "route.spoofed",
  }],
);

play(
  "an idle stream is closed (4.10)",
  ...ESTABLISHED,
  [{ after: "idle" }, "established", { type: "check idle" }],
  [{ type: "close.requested", cause: "stream.idle" }, { closing: "answering" }, { type: "close stream" }],
);
