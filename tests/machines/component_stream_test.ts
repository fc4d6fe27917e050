import { componentStream } from "../../machines/component_stream.ts";
import { type Line, playTrace } from "./trace.ts";
import { TIMERS } from "./timers.ts";

type Lines = Line<typeof componentStream>[];

const OPENED: Lines = [
  [{ type: "header.received", refusal: null }, "authenticating", { type: "answer header" }],
];
const ATTACHED: Lines = [
  ...OPENED,
  [{ type: "handshake.received", right: true }, "attached", { type: "send handshake" }, {
    type: "report attached",
  }],
];

const play = (name: string, ...lines: Lines) =>
  Deno.test(`component stream: ${name}`, () => void playTrace(componentStream, lines, { timers: TIMERS }));

play("a component that knows the secret is attached (9.1)", ...ATTACHED);

play(
  "a wrong handshake is not-authorized, and the component never attached (9.1)",
  ...OPENED,
  [
    { type: "handshake.received", right: false },
    { closing: "answering" },
    { type: "send error", condition: "not-authorized", cause: "component.handshake" },
    { type: "close stream" },
  ],
  [{ type: "handshake.received", right: true }, { closing: "answering" }],
);

play(
  "an unknown domain is answered by our header and host-unknown (9.1)",
  [
    { type: "header.received", refusal: { condition: "host-unknown", cause: "component.unknown" } },
    { closing: "answering" },
    { type: "answer header" },
    { type: "send error", condition: "host-unknown", cause: "component.unknown" },
    { type: "close stream" },
  ],
);

play(
  "a component without a header is dropped in time",
  [{ after: "header" }, "closed", { type: "drop connection" }, {
    type: "report over",
    cause: "stream.header-timeout",
  }],
);

play(
  "a component without a handshake is told connection-timeout",
  ...OPENED,
  [
    { after: "negotiation" },
    { closing: "answering" },
    { type: "send error", condition: "connection-timeout", cause: "stream.negotiation-timeout" },
    { type: "close stream" },
  ],
);

play(
  "a second handshake is out of turn",
  ...ATTACHED,
  [
    { type: "handshake.received", right: true },
    { closing: "answering" },
    { type: "send error", condition: "unsupported-stanza-type", cause: "stream.unexpected" },
    { type: "close stream" },
  ],
);

play(
  "a component that sends for another domain loses its stream (9.1)",
  ...ATTACHED,
  [
    { type: "fault.found", condition: "invalid-from", cause: "component.foreign-from" },
    { closing: "answering" },
    { type: "send error", condition: "invalid-from", cause: "component.foreign-from" },
    { type: "close stream" },
  ],
  [{ after: "closing" }, "closed", { type: "drop connection" }, {
    type: "report over",
    cause: "component.foreign-from",
  }],
);

play(
  "a component that goes is over",
  ...ATTACHED,
  [{ type: "stream.closed" }, { closing: "ending" }, { type: "close stream" }, { type: "end connection" }],
  [{ type: "connection.ended", cause: "tcp.lost" }, "closed", {
    type: "report over",
    cause: "stream.closed",
  }],
);
