import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import { type Offer, outboundStream } from "../../machines/outbound_stream.ts";
import type { TlsUse } from "../../machines/tls_initiating.ts";
import { runningTimers } from "./explore.ts";
import { effectsAtStart, type Line, playTrace } from "./trace.ts";
import { TIMERS } from "./timers.ts";

type Lines = Line<typeof outboundStream>[];
const INPUT = { wantBidi: true, timers: TIMERS };
const OFFER: Offer = {
  starttls: true,
  external: false,
  bidi: false,
  dna: true,
  errors: true,
  dialback: true,
  unknownRequired: false,
};
const UP = {
  type: "report established",
  bidi: false,
  dna: true,
  errors: true,
  authenticated: false,
} as const;

/** The same conversation over a connection of another kind. */
const by = (way: Partial<{ tls: TlsUse; external: boolean }>, lines: Lines): Lines =>
  lines.map(([event, ...rest]) =>
    [
      "type" in event && event.type === "tcp.connected" ? { ...event, ...way } : event,
      ...rest,
    ] as unknown as Lines[number]
  );
const CONNECTED = { type: "tcp.connected", tls: "required", external: true } as const;

const OPENED: Lines = [[CONNECTED, { negotiating: "opening" }, { type: "open stream" }]];
const ANSWERED: Lines = [
  ...OPENED,
  [{ type: "header.received", refusal: null, old: false }, { negotiating: "discovering" }],
];
const PROCEEDING: Lines = [
  ...ANSWERED,
  [{ type: "features.received", ...OFFER }, { negotiating: "proceeding" }, { type: "send starttls" }],
];
const SECURING: Lines = [
  ...PROCEEDING,
  [{ type: "tls.proceed" }, { negotiating: "securing" }, { type: "start tls" }],
];
const REOPENED: Lines = [
  ...SECURING,
  [{ type: "tls.secured", refusal: null }, { negotiating: "reopening" }, { type: "open stream" }],
];
const REANSWERED: Lines = [
  ...REOPENED,
  [{ type: "header.received", refusal: null, old: false }, { negotiating: "rediscovering" }],
];
const READY: Lines = [
  ...REANSWERED,
  [{ type: "features.received", ...OFFER }, { negotiating: "ready" }, UP],
];
const ESTABLISHED: Lines = [...READY, [{ type: "request.written" }, "established"]];

const play = (name: string, ...lines: Lines) =>
  Deno.test(`outbound stream: ${name}`, () => void playTrace(outboundStream, lines, INPUT));

Deno.test("outbound stream: it starts by connecting", () => {
  assert.deepEqual(effectsAtStart(outboundStream, INPUT), [{ type: "connect" }]);
});

play(
  "opens, secures, opens again, is established, waits for its first request (I-6 to I-14)",
  ...ESTABLISHED,
);

play(
  "tries STARTTLS where it was not offered (RFC 7590 3.1)",
  ...ANSWERED,
  [
    { type: "features.received", ...OFFER, starttls: false },
    { negotiating: "proceeding" },
    { type: "send starttls" },
  ],
);

Deno.test("outbound stream: direct TLS begins with the handshake, its first stream is the one inside (XEP-0368)", () => {
  const lines: Lines = [
    [{ ...CONNECTED, tls: "direct" }, { negotiating: "securing" }, { type: "start tls" }],
    [{ type: "tls.secured", refusal: null }, { negotiating: "reopening" }, { type: "open stream" }],
    ...READY.slice(REOPENED.length),
  ];
  playTrace(outboundStream, lines, INPUT);
});

const IN_CLEAR: Lines[number] = [
  { type: "features.received", ...OFFER, starttls: false, bidi: true, external: true },
  { negotiating: "ready" },
  { ...UP, dna: false },
];
const OLD: Lines[number] = [
  { type: "header.received", refusal: null, old: true },
  { negotiating: "ready" },
  { ...UP, dna: false, errors: false },
];
Deno.test("outbound stream: policy legacy alone goes on in cleartext, without bidi, DNA and EXTERNAL (2.10, rung 4)", () => {
  playTrace(outboundStream, by({ tls: "offered" }, [...ANSWERED, IN_CLEAR]), INPUT);
});
Deno.test("outbound stream: under legacy too STARTTLS is taken where it is offered", () => {
  playTrace(outboundStream, by({ tls: "offered" }, PROCEEDING), INPUT);
});
Deno.test("outbound stream: a peer of version 0.9 is asked at once, under legacy alone (4.1)", () => {
  playTrace(outboundStream, by({ tls: "offered" }, [...OPENED, OLD]), INPUT);
  const waiting: Lines[number] = [OLD[0], { negotiating: "discovering" }];
  playTrace(outboundStream, [...OPENED, waiting], INPUT);
});

play(
  "a peer that does not answer STARTTLS has as long as a handshake",
  ...PROCEEDING.slice(0, ANSWERED.length + 1),
  [{ after: "tls" }, { closing: "answering" }, {
    type: "send error",
    condition: "connection-timeout",
    cause: "tls.timeout",
  }, { type: "close stream" }],
);

play(
  "believes no feature before TLS, not even a mandatory one",
  ...ANSWERED,
  [
    { type: "features.received", ...OFFER, bidi: true, unknownRequired: true },
    { negotiating: "proceeding" },
    { type: "send starttls" },
  ],
);

play(
  "enables bidi once, before its first request, where it is offered (2.8)",
  ...REANSWERED,
  [
    { type: "features.received", ...OFFER, bidi: true },
    { negotiating: "ready" },
    { type: "send bidi" },
    { ...UP, bidi: true },
  ],
);

Deno.test("outbound stream: does not enable bidi unless it is wanted", () => {
  const features: Lines[number] = [
    { type: "features.received", ...OFFER, bidi: true },
    { negotiating: "ready" },
    UP,
  ];
  playTrace(outboundStream, [...REANSWERED, features], { ...INPUT, wantBidi: false });
});

// -- SASL EXTERNAL (7.1)

const BEFORE_SASL: Offer = { ...OFFER, external: true, dna: false };
const AUTHENTICATING: Lines = [
  ...REANSWERED,
  [{ type: "features.received", ...BEFORE_SASL }, { negotiating: "authenticating" }, { type: "send auth" }],
];
const RESTARTING: Lines = [
  ...AUTHENTICATING,
  [{ type: "sasl.succeeded" }, { negotiating: "restarting" }, { type: "open stream" }],
];
const CONCLUDING: Lines = [
  ...RESTARTING,
  [{ type: "header.received", refusal: null, old: false }, { negotiating: "concluding" }],
];

play(
  "authenticates where EXTERNAL is offered, opens again, and needs no request (SAS-2, T8)",
  ...CONCLUDING,
  [
    { type: "features.received", ...OFFER, errors: false },
    "established",
    { ...UP, authenticated: true },
  ],
);

play(
  "enables bidi before it authenticates (XEP-0288)",
  ...REANSWERED,
  [
    { type: "features.received", ...BEFORE_SASL, bidi: true },
    { negotiating: "authenticating" },
    { type: "send bidi" },
    { type: "send auth" },
  ],
);

play(
  "answers a challenge once, with the same identity",
  ...AUTHENTICATING,
  [{ type: "sasl.challenged" }, { negotiating: "answering" }, { type: "send response" }],
  [{ type: "sasl.challenged" }, { closing: "answering" }, {
    type: "send error",
    condition: "unsupported-stanza-type",
    cause: "stream.unexpected",
  }, { type: "close stream" }],
);

for (
  const [name, lines] of Object.entries({
    "at once": AUTHENTICATING,
    "after a challenge": [
      ...AUTHENTICATING,
      [{ type: "sasl.challenged" }, { negotiating: "answering" }, { type: "send response" }],
    ] as Lines,
  })
) {
  play(
    `a refusal ${name} leaves the stream for a request with key (SAS-6)`,
    ...lines,
    [{ type: "sasl.failed" }, { negotiating: "ready" }, { ...UP, dna: false }],
    [{ type: "request.written" }, "established"],
  );
}

play(
  "a refusal by a peer that knows no dialback is the end of the stream (7.1)",
  ...REANSWERED,
  [
    { type: "features.received", ...BEFORE_SASL, dialback: false },
    { negotiating: "authenticating" },
    { type: "send auth" },
  ],
  [{ type: "sasl.failed" }, { closing: "answering" }, { type: "close stream" }],
  [{ type: "connection.ended", cause: "tcp.lost" }, "closed", { type: "report over", cause: "sasl.refused" }],
);

Deno.test("outbound stream: between server names EXTERNAL is not used (A-14)", () => {
  const features: Lines[number] = [{ type: "features.received", ...BEFORE_SASL }, { negotiating: "ready" }, {
    ...UP,
    dna: false,
  }];
  playTrace(outboundStream, by({ external: false }, [...REANSWERED, features]), INPUT);
});

play(
  "ends for a mandatory feature that it does not know (4.4)",
  ...REANSWERED,
  [
    { type: "features.received", ...OFFER, unknownRequired: true },
    { closing: "answering" },
    { type: "send error", condition: "unsupported-feature", cause: "stream.feature-required" },
    { type: "close stream" },
  ],
);

play(
  "refuses a header with the error that it deserves (4.1)",
  ...OPENED,
  [
    {
      type: "header.received",
      refusal: { condition: "unsupported-version", cause: "stream.version" },
      old: false,
    },
    { closing: "answering" },
    { type: "send error", condition: "unsupported-version", cause: "stream.version" },
    { type: "close stream" },
  ],
  [{ type: "stream.closed" }, { closing: "ending" }, { type: "end connection" }],
  [{ type: "connection.ended", cause: "tcp.lost" }, "closed", {
    type: "report over",
    cause: "stream.version",
  }],
);

play(
  "a failed TCP connection is over, and nothing is dropped",
  [{ type: "tcp.failed", cause: "tcp.refused" }, "closed", { type: "report over", cause: "tcp.refused" }],
);

play(
  "the peer refuses to encrypt (4.6)",
  ...PROCEEDING,
  [{ type: "tls.refused" }, { closing: "answering" }, { type: "close stream" }],
  [{ type: "stream.closed" }, { closing: "ending" }, { type: "end connection" }],
  [{ type: "connection.ended", cause: "tcp.lost" }, "closed", { type: "report over", cause: "tls.refused" }],
);

play(
  "a failed handshake drops TCP without XML (4.6)",
  ...SECURING,
  [
    { type: "tls.failed", cause: "tls.handshake" },
    "closed",
    { type: "drop connection" },
    { type: "report over", cause: "tls.handshake" },
  ],
);

play(
  "a certificate that does not prove the target never sees a second header (I-10)",
  ...SECURING,
  [
    { type: "tls.secured", refusal: "tls.names" },
    "closed",
    { type: "drop connection" },
    { type: "report over", cause: "tls.names" },
  ],
);

const DEADLINES: Record<string, [lines: Lines, timer: string, cause: Cause]> = {
  "TCP that does not connect": [[], "connect", "tcp.timeout"],
  "a peer that owes its header": [OPENED, "header", "stream.header-timeout"],
  "a peer that owes its features": [ANSWERED, "header", "stream.header-timeout"],
  "a peer that does not finish TLS": [SECURING, "tls", "tls.timeout"],
  "a peer that owes its second header": [REOPENED, "header", "stream.header-timeout"],
  "a peer that owes its header after SASL": [RESTARTING, "header", "stream.header-timeout"],
  "a peer that owes its features after SASL": [CONCLUDING, "header", "stream.header-timeout"],
  "a peer that owes its second features": [REANSWERED, "header", "stream.header-timeout"],
};
for (const [name, [lines, after, cause]] of Object.entries(DEADLINES)) {
  play(
    `${name} is dropped in time, without XML`,
    ...lines,
    [{ after }, "closed", { type: "drop connection" }, { type: "report over", cause }],
  );
}

const UNFINISHED: Record<string, Lines> = {
  "before the header": OPENED,
  "before the features": ANSWERED,
  "before <proceed/>": PROCEEDING,
  "before the second header": REOPENED,
  "before the second features": REANSWERED,
  "before SASL's answer": AUTHENTICATING,
  "before the features after SASL": CONCLUDING,
  "before the first request": READY,
};
for (const [name, lines] of Object.entries(UNFINISHED)) {
  play(
    `negotiation not finished ${name} ends with connection-timeout (8.5)`,
    ...lines,
    [
      { after: "negotiation" },
      { closing: "answering" },
      { type: "send error", condition: "connection-timeout", cause: "stream.negotiation-timeout" },
      { type: "close stream" },
    ],
  );
}

play(
  "negotiation not finished during the handshake drops, for XML cannot be sent",
  ...SECURING,
  [
    { after: "negotiation" },
    "closed",
    { type: "drop connection" },
    { type: "report over", cause: "stream.negotiation-timeout" },
  ],
);

const OUT_OF_TURN: Record<string, [Lines, Lines[number][0]]> = {
  "<proceed/> before <starttls/>": [ANSWERED, { type: "tls.proceed" }],
  "<proceed/> inside TLS": [READY, { type: "tls.proceed" }],
  "<failure/> before <starttls/>": [ANSWERED, { type: "tls.refused" }],
  "features before the header": [OPENED, { type: "features.received", ...OFFER }],
  "features instead of <proceed/>": [PROCEEDING, { type: "features.received", ...OFFER }],
  "features twice": [READY, { type: "features.received", ...OFFER }],
  "features on an established stream": [ESTABLISHED, { type: "features.received", ...OFFER }],
  "SASL's success before our claim": [READY, { type: "sasl.succeeded" }],
  "SASL's failure before TLS": [ANSWERED, { type: "sasl.failed" }],
  "SASL's success on an established stream": [ESTABLISHED, { type: "sasl.succeeded" }],
  "SASL's challenge on an established stream": [ESTABLISHED, { type: "sasl.challenged" }],
  "a second header": [ANSWERED, { type: "header.received", refusal: null, old: false }],
  "a header on an established stream": [ESTABLISHED, { type: "header.received", refusal: null, old: false }],
};
for (const [name, [lines, event]] of Object.entries(OUT_OF_TURN)) {
  play(
    `${name} is out of turn`,
    ...lines,
    [
      event,
      { closing: "answering" },
      { type: "send error", condition: "unsupported-stanza-type", cause: "stream.unexpected" },
      { type: "close stream" },
    ],
  );
}

play(
  "the peer's error is answered by the closing tag alone (RFC 6120 4.9.1.1)",
  ...ESTABLISHED,
  [{ type: "error.received", condition: "reset", cause: "stream.error" }, { closing: "answering" }, {
    type: "close stream",
  }],
  [{ type: "stream.closed" }, { closing: "ending" }, { type: "end connection" }],
  [{ type: "connection.ended", cause: "tcp.lost" }, "closed", { type: "report over", cause: "stream.error" }],
);

play(
  "the peer's closing tag is answered, then the connection ends (4.9)",
  ...ESTABLISHED,
  [{ type: "stream.closed" }, { closing: "ending" }, { type: "close stream" }, { type: "end connection" }],
  [{ after: "closeNotify" }, "closed", { type: "drop connection" }, {
    type: "report over",
    cause: "stream.closed",
  }],
);

play(
  "a peer that never answers our closing tag is dropped (4.9)",
  ...ESTABLISHED,
  [{ type: "close.requested", cause: "operator.closed" }, { closing: "answering" }, { type: "close stream" }],
  [{ after: "closing" }, "closed", { type: "drop connection" }, {
    type: "report over",
    cause: "operator.closed",
  }],
);

play(
  "nothing is sent after our closing tag, whatever the peer does (4.9)",
  ...ESTABLISHED,
  [
    { type: "close.requested", cause: "server.shutdown", condition: "system-shutdown" },
    { closing: "answering" },
    { type: "send error", condition: "system-shutdown", cause: "server.shutdown" },
    { type: "close stream" },
  ],
  [{ type: "close.requested", cause: "operator.closed", condition: "reset" }, { closing: "answering" }],
  [{ type: "error.received", condition: "reset", cause: "stream.error" }, { closing: "answering" }],
  [{ type: "features.received", ...OFFER }, { closing: "answering" }],
  [
    { type: "fault.found", condition: "not-well-formed", cause: "xml.not-well-formed" },
    { closing: "ending" },
    { type: "end connection" },
  ],
);

play(
  "a lost connection is over at once, with its own cause",
  ...ESTABLISHED,
  [{ type: "connection.ended", cause: "tls.truncated" }, "closed", {
    type: "report over",
    cause: "tls.truncated",
  }],
);

play(
  "an idle stream is closed; one with traffic is asked again (4.10)",
  ...ESTABLISHED,
  [{ after: "idle" }, "established", { type: "check idle" }],
  [{ type: "traffic.seen", leftMs: 1000 }, "established"],
  [{ after: "idle" }, "established", { type: "check idle" }],
  [{ type: "close.requested", cause: "stream.idle" }, { closing: "answering" }, { type: "close stream" }],
);

Deno.test("outbound stream: after traffic the idle timer runs for what is left, then in full", () => {
  const seen = playTrace(outboundStream, [
    ...ESTABLISHED,
    [{ after: "idle" }, "established", { type: "check idle" }],
    [{ type: "traffic.seen", leftMs: 1000 }, "established"],
  ], INPUT);
  assert.deepEqual(runningTimers(outboundStream, seen), { idle: 1000 });
  const asked = playTrace(outboundStream, [
    ...ESTABLISHED,
    [{ type: "traffic.seen", leftMs: 1000 }, "established"],
    [{ after: "idle" }, "established", { type: "check idle" }],
  ], INPUT);
  assert.deepEqual(runningTimers(outboundStream, asked), { idle: TIMERS.idleTimeoutMs });
});
