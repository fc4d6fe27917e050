import assert from "node:assert/strict";
import { type Cause, CAUSES } from "../../facts/cause.ts";
import { parseElement } from "../../xml/reader.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import {
  bounce,
  bounceFor,
  conditionOf,
  errorElement,
  INVALID_CONNECTION,
  isStanzaCondition,
  STANZA_CONDITIONS,
  type StanzaError,
} from "../../xmpp/stanza_error.ts";

const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const TIMEOUT: StanzaError = {
  type: "wait",
  condition: "remote-server-timeout",
  text: "Server-to-server connection failed",
};
const ERROR = `<error type='wait'><remote-server-timeout xmlns='${STANZAS}'/>` +
  `<text xmlns='${STANZAS}' xml:lang='en'>Server-to-server connection failed</text></error>`;

Deno.test("an error keeps the id, swaps the addresses, has the type error", () => {
  const message =
    "<message from='romeo@sender.example/orchard' to='juliet@target.example' id='m1' type='chat'/>";
  assert.equal(
    bounce(message, TIMEOUT),
    "<message from='juliet@target.example' to='romeo@sender.example/orchard' id='m1' type='error'>" +
      `${ERROR}</message>`,
  );
});

Deno.test("RTE-6: so does the error of every cause", () => {
  for (const cause of Object.keys(CAUSES) as Cause[]) {
    const error = bounce("<iq from='a@b.example' to='c.example/d' id='x' type='set'/>", bounceFor(cause))!;
    const { attrs } = parseElement(error, DECLARED[NS.server]);
    assert.deepEqual(Object.fromEntries(attrs), {
      from: "c.example/d",
      to: "a@b.example",
      id: "x",
      type: "error",
    });
  }
});

Deno.test("a small payload goes back with its language and namespaces", () => {
  const message = `<message from='a.example' to='b.example' xml:lang="de"><body>x &amp; <y/></body>` +
    `<p:z xmlns:p='urn:p' p:q='1'/></message>`;
  assert.equal(
    bounce(message, TIMEOUT),
    "<message from='b.example' to='a.example' type='error' xml:lang='de'><body>x &amp; <y/></body>" +
      `<z xmlns='urn:p' xmlns:a0='urn:p' a0:q='1'/>${ERROR}</message>`,
  );
});

Deno.test("a payload over 1 KiB does not, nor does one that is not given", () => {
  const start = "<iq from='a.example' to='b.example' id='1' type='get'>";
  const bare = `<iq from='b.example' to='a.example' id='1' type='error'>${ERROR}</iq>`;
  assert.equal(bounce(`${start}<x xmlns='urn:x'>${"y".repeat(1024)}</x></iq>`, TIMEOUT), bare);
  assert.equal(bounce(start, TIMEOUT), bare);
});

Deno.test("errors and results are never answered, nor availability of remote entities", () => {
  const silent = [
    "<message type='error'",
    "<iq type='result'",
    "<iq type='error'",
    "<presence",
    "<presence type='x'",
  ];
  for (const start of silent) {
    assert.equal(bounce(`${start} from='a.example' to='b.example' id='1'/>`, TIMEOUT), null, start);
  }
});

Deno.test("directed presence of a local entity is answered", () => {
  const presence = "<presence from='a.rooms.example' to='b.example'/>";
  assert.equal(bounce(presence, TIMEOUT), null);
  assert.equal(
    bounce(presence, TIMEOUT, { local: true }),
    `<presence from='b.example' to='a.rooms.example' type='error'>${ERROR}</presence>`,
  );
});

Deno.test("a component's stanza goes back in its own namespace", () => {
  const message = "<message from='a@rooms.example' to='b@@c'><body/></message>";
  assert.equal(
    bounce(message, { type: "modify", condition: "jid-malformed" }, { content: NS.component }),
    "<message from='b@@c' to='a@rooms.example' type='error'><body/>" +
      `<error type='modify'><jid-malformed xmlns='${STANZAS}'/></error></message>`,
  );
});

Deno.test("what has no sender or is no stanza goes nowhere", () => {
  for (const text of ["<message to='b.example'/>", "<db:result from='a.example' to='b.example'/>", "text"]) {
    assert.equal(bounce(text, TIMEOUT), null, text);
  }
});

Deno.test("hostile attributes stay attributes on their way back", () => {
  const text = `<message from="a@b.example/'>&lt;x/>" to='c.example' id='&lt;&#10;&quot;'/>`;
  const back = parseElement(bounce(text, TIMEOUT)!, DECLARED[NS.server]);
  assert.equal(back.attr("to"), "a@b.example/'><x/>");
  assert.equal(back.attr("id"), '<\n"');
  assert.equal(back.children.length, 1);
});

/** protocol.md 4.11, row by row. */
const ROWS: Record<string, [causes: Cause[], condition: string, type: string]> = {
  "the domain does not exist": [
    ["dns.nxdomain", "dns.no-address", "dns.invalid-name"],
    "remote-server-not-found",
    "cancel",
  ],
  "the SRV target is a dot": [["dns.no-service"], "remote-server-not-found", "cancel"],
  "DNS failed and may pass": [
    ["dns.servfail", "dns.timeout", "dns.bogus"],
    "remote-server-not-found",
    "wait",
  ],
  "no TCP connection": [
    ["tcp.refused", "tcp.timeout", "tcp.unreachable", "tcp.descriptors"],
    "remote-server-timeout",
    "wait",
  ],
  "the negotiation failed": [
    ["tls.handshake", "tls.timeout", "stream.error"],
    "remote-server-timeout",
    "wait",
  ],
  "the peer is not authenticated": [
    ["tls.names", "tls.untrusted", "dns.insecure"],
    "remote-server-timeout",
    "cancel",
  ],
  "the verdict was invalid": [["peer.invalid"], "internal-server-error", "cancel"],
  "the queue is full": [["route.queue-full", "route.queues-full"], "resource-constraint", "wait"],
  "the queue is too old": [["route.queue-age"], "remote-server-timeout", "wait"],
  "the domain is blocked": [["policy.blocked", "policy.not-allowed"], "not-allowed", "cancel"],
  "the stanza is too large": [["route.too-big", "route.too-long"], "policy-violation", "modify"],
  "the connection was lost": [["tcp.lost"], "remote-server-timeout", "wait"],
  "the destination is malformed": [["route.jid-malformed"], "jid-malformed", "modify"],
  "the pair is not authorised": [["route.unauthorised"], "not-authorized", "auth"],
  "the component is away": [["route.component-away"], "remote-server-timeout", "wait"],
  "the iq is malformed": [["route.bad-request"], "bad-request", "modify"],
};
for (const [name, [causes, condition, type]] of Object.entries(ROWS)) {
  Deno.test(`bounce: ${name}`, () => {
    for (const cause of causes) {
      const error = bounceFor(cause);
      assert.deepEqual([error.condition, error.type], [condition, type], cause);
    }
  });
}

Deno.test("only the unauthorised pair has a detail", () => {
  assert.equal(bounceFor("route.unauthorised").application, INVALID_CONNECTION);
  const error = errorElement(bounceFor("route.unauthorised"), NS.server);
  assert.ok(error.child("urn:x-dna:0", "invalid-connection"));
  assert.equal(bounceFor("tcp.lost").application, undefined);
});

Deno.test("the text of a bounce names no host and no address", () => {
  for (const cause of Object.keys(CAUSES) as Cause[]) {
    assert.doesNotMatch(bounceFor(cause).text ?? "", /\d+\.\d+\.\d+\.\d+|::|[a-z]\.[a-z]/i);
  }
});

Deno.test("every condition is read as it was printed; other words are undefined", () => {
  assert.equal(STANZA_CONDITIONS.length, 22); // RFC 6120 8.3.3.1 to 8.3.3.22
  for (const condition of STANZA_CONDITIONS) {
    const error = { type: "cancel", condition, text: "t", application: INVALID_CONNECTION } as const;
    assert.equal(conditionOf(errorElement(error, NS.server)), condition);
  }
  const read = (children: string) =>
    conditionOf(parseElement(`<error>${children}</error>`, DECLARED[NS.server]));
  assert.equal(read(`<text xmlns='${STANZAS}'/><forbidden xmlns='${STANZAS}'/>`), "forbidden");
  assert.equal(read(`<constructor xmlns='${STANZAS}'/>`), "undefined-condition");
  assert.equal(read("<forbidden/>"), "undefined-condition");
  assert.equal(read(""), "undefined-condition");
  assert.ok(!isStanzaCondition("remote-connection-failed"));
});
