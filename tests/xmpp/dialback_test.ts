import assert from "node:assert/strict";
import { parseElement } from "../../xml/reader.ts";
import {
  dialbackKey,
  type DialbackRequest,
  type DialbackVerdict,
  type DialbackVerify,
  keyMatches,
  parseDialback,
  printAnswer,
  printAnswerError,
  printDenial,
  printRequest,
  printRevocation,
  printVerdict,
  printVerify,
} from "../../xmpp/dialback.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import { PeerFault } from "../../xmpp/stream_error.ts";

const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const read = (text: string) => parseDialback(parseElement(text, DECLARED[NS.server]));
const SECRET = "example-dialback-secret-2011";
const ID = "7f3a9c10e2b84d55";
const KEY = "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a";

/** protocol.md 7.3 and traces T1, T2. */
const KEYS: [receiving: string, originating: string, streamId: string, key: string, secret?: string][] = [
  ["target.example", "sender.example", ID, KEY],
  [
    "target.example",
    "other-sender.example",
    ID,
    "98c33367d8d155aca4ec8cb2d4a7dc2ef3d3268b08b0bdfa9d3d3c418445e5e0",
  ],
  [
    "other-target.example",
    "sender.example",
    ID,
    "8235c4d2e3e17c98380df7fda7117ead3e138bdabf09364d34bdf0d33828b3a8",
  ],
  [
    "sender.example",
    "target.example",
    "0c61d9e7aa3b4f28",
    "83ac7679b5024ed0f7d04dab10577322128aa694b64799ce2b6734eb8dbca028",
  ],
  [
    "target.example",
    "münchen.example",
    ID,
    "56b66a6207e2614ca08eb96e31c22164b09c4aeb5e67e3d18d008110f3489c68",
  ],
  [
    "montague.example",
    "capulet.example",
    "D60000229F",
    "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3",
    "s3cr3tf0rd14lb4ck",
  ],
];

Deno.test("DB-1: the dialback key is that of the vectors", () => {
  for (const [receiving, originating, streamId, key, secret = SECRET] of KEYS) {
    assert.equal(dialbackKey(secret, { receiving, originating, streamId }), key);
    assert.ok(keyMatches(secret, { receiving, originating, streamId }, ` \n${key}\n `));
  }
});

Deno.test("a key for anything else does not match", () => {
  const subject = { receiving: "target.example", originating: "sender.example", streamId: ID };
  const wrong = [
    "",
    KEY.toUpperCase(),
    KEY.slice(1),
    "e03ad428aafb71318727fb179ef3096ff75fa7f4cb8f519dfd66c863aabff8b0", // raw octets as HMAC key
    "dd42140b660faa8d5372a1c33e2f15b29fd69b6cac3aaa5a29c3314799077efc", // domains swapped
  ];
  for (const key of wrong) assert.ok(!keyMatches(SECRET, subject, key), key);
  assert.ok(!keyMatches("another secret", subject, KEY));
});

const REQUEST = read(
  "<db:result from='Sender.Example' to='target.example.'> key </db:result>",
) as DialbackRequest;

Deno.test("a request is read with its spelling, its key trimmed", () => {
  assert.deepEqual(REQUEST, {
    kind: "request",
    sender: { domain: "sender.example", text: "Sender.Example" },
    target: { domain: "target.example", text: "target.example." },
    key: "key",
  });
});

Deno.test("a request is printed as in traces T1 and T7", () => {
  assert.equal(
    printRequest("sender.example", "target.example", KEY),
    `<db:result from='sender.example' to='target.example'>${KEY}</db:result>`,
  );
  assert.equal(
    printRequest("other-target.example", "sender.example", null),
    "<db:result from='other-target.example' to='sender.example'/>",
  );
});

Deno.test("verdicts have the request's own spelling, swapped", () => {
  const swapped = "from='target.example.' to='Sender.Example'";
  assert.equal(printVerdict(REQUEST, "valid"), `<db:result ${swapped} type='valid'/>`);
  assert.equal(printVerdict(REQUEST, "invalid"), `<db:result ${swapped} type='invalid'/>`);
  assert.equal(
    printDenial(REQUEST, { type: "auth", condition: "not-authorized", text: "no secure delegation" }),
    `<db:result ${swapped} type='error'><error type='auth'><not-authorized xmlns='${STANZAS}'/>` +
      `<text xmlns='${STANZAS}' xml:lang='en'>no secure delegation</text></error></db:result>`,
  );
});

Deno.test("a revocation is a verdict (trace T5)", () => {
  assert.equal(
    printRevocation("target.example", "sender.example"),
    "<db:result from='target.example' to='sender.example' type='invalid'/>",
  );
});

const VERDICTS: Record<string, [text: string, verdict: string, condition: string | null]> = {
  "valid": ["type='valid'/>", "valid", null],
  "valid with an echoed key and more attributes": [
    "type='valid' x='y' id='z'>key</db:result>",
    "valid",
    null,
  ],
  "invalid": ["type='invalid'/>", "invalid", null],
  "an error": [
    `type='error'><error type='cancel'><item-not-found xmlns='${STANZAS}'/></error></db:result>`,
    "error",
    "item-not-found",
  ],
  "XEP-0220's own word": [
    `type='error'><error type='wait'><remote-connection-failed xmlns='${STANZAS}'/></error></db:result>`,
    "error",
    "remote-connection-failed",
  ],
  "an error without a word": ["type='error'/>", "error", "undefined-condition"],
  "an unknown type": ["type='constructor'/>", "other", null],
  "an empty type": ["type=''/>", "other", null],
};
for (const [name, [text, verdict, condition]] of Object.entries(VERDICTS)) {
  Deno.test(`a verdict is read: ${name}`, () => {
    assert.deepEqual(read(`<db:result from='target.example' to='sender.example' ${text}`), {
      kind: "verdict",
      from: { domain: "target.example", text: "target.example" },
      to: { domain: "sender.example", text: "sender.example" },
      verdict,
      condition,
      text: null,
    });
  });
}

Deno.test("a verdict's own words are read from its error, and only from there", () => {
  const error = (text: string) =>
    read(
      "<db:result from='target.example' to='sender.example' type='error'><error type='cancel'>" +
        `<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>${text}</error></db:result>`,
    ) as DialbackVerdict;
  const words = error("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'> you\n&lt;b&gt; </text>");
  assert.deepEqual([words.condition, words.text], ["not-allowed", "you\n<b>"]);
  assert.equal(error("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'> </text>").text, null);
  assert.equal(error("<text xmlns='other'>no</text>").text, null);
});

Deno.test("a verify request asks for what was asked, in the same spelling (trace T9)", () => {
  const verify = printVerify({ ...REQUEST, key: KEY }, ID);
  assert.equal(verify, `<db:verify from='target.example.' to='Sender.Example' id='${ID}'>${KEY}</db:verify>`);
  const { kind, id, key } = read(verify) as DialbackVerify;
  assert.deepEqual([kind, id, key], ["verify", ID, KEY]);
});

Deno.test("its answer turns the addresses and keeps the id", () => {
  const verify = read(printVerify(REQUEST, ID)) as DialbackVerify;
  const turned = `from='Sender.Example' to='target.example.' id='${ID}'`;
  assert.equal(printAnswer(verify, "valid"), `<db:verify ${turned} type='valid'/>`);
  assert.equal(
    printAnswerError(verify, { type: "cancel", condition: "item-not-found" }),
    `<db:verify ${turned} type='error'><error type='cancel'><item-not-found xmlns='${STANZAS}'/></error></db:verify>`,
  );
  const answer = read(printAnswer(verify, "invalid"));
  assert.ok(answer?.kind === "answer" && answer.verdict === "invalid" && answer.id === ID);
});

const IMPROPER: Record<string, string> = {
  "no sender": "<db:result to='target.example'>key</db:result>",
  "no target": "<db:result from='sender.example'>key</db:result>",
  "an empty sender": "<db:result from='' to='target.example'/>",
  "a localpart": "<db:result from='a@sender.example' to='target.example'/>",
  "a resource": "<db:result from='sender.example' to='target.example/x'/>",
  "a verdict without sender": "<db:result to='target.example' type='valid'/>",
  "a verify request without id": "<db:verify from='a.example' to='b.example'>key</db:verify>",
};
for (const [name, text] of Object.entries(IMPROPER)) {
  Deno.test(`dialback with a bad address ends the stream: ${name}`, () => {
    assert.throws(() => read(text), (error: unknown) => {
      assert.ok(error instanceof PeerFault);
      assert.deepEqual([error.condition, error.cause], ["improper-addressing", "stream.addressing"]);
      return true;
    });
  });
}

Deno.test("other elements are no dialback", () => {
  for (const text of ["<result from='a.example' to='b.example'/>", "<db:other/>", "<stream:error/>"]) {
    assert.equal(read(text), null, text);
  }
});
