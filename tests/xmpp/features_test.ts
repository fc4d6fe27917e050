import assert from "node:assert/strict";
import { parseElement } from "../../xml/reader.ts";
import { parseBidi, printBidi } from "../../xmpp/bidi.ts";
import { type Features, parseFeatures, printFeatures } from "../../xmpp/features.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import { parseStarttls, printStarttls } from "../../xmpp/starttls.ts";
import { NO_LIMITS } from "../../xmpp/stream_limits.ts";

const element = (text: string) => parseElement(text, DECLARED[NS.server]);
const LIMITS = { maxBytes: 524_288, idleSeconds: 3600 };
const NONE: Features = {
  starttls: null,
  mechanisms: [],
  dialback: false,
  errors: false,
  bidi: false,
  dna: false,
  streamManagement: false,
  limits: NO_LIMITS,
  unknownRequired: false,
};

Deno.test("the features before TLS are starttls alone, required (protocol.md 4.5)", () => {
  const text = printFeatures({ stage: "plain" });
  assert.equal(
    text,
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
  );
  assert.deepEqual(parseFeatures(element(text)), { ...NONE, starttls: "required" });
});

Deno.test("where TLS is optional it is offered beside dialback, and nothing that rests on it (4.5)", () => {
  const text = printFeatures({ stage: "optional" });
  assert.equal(
    text,
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" +
      "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>",
  );
  assert.deepEqual(parseFeatures(element(text)), {
    ...NONE,
    starttls: "optional",
    dialback: true,
    errors: true,
  });
});

Deno.test("the features after TLS are those of trace T1 that exist", () => {
  const text = printFeatures({ stage: "secure", external: false, bidi: true, limits: LIMITS });
  assert.equal(
    text,
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>" +
      "<bidi xmlns='urn:xmpp:features:bidi'/><limits xmlns='urn:xmpp:stream-limits:0'>" +
      "<max-bytes>524288</max-bytes><idle-seconds>3600</idle-seconds></limits>" +
      "<sm xmlns='urn:xmpp:sm:3'/><dna xmlns='urn:x-dna:0'/></stream:features>",
  );
  const read = {
    ...NONE,
    dialback: true,
    errors: true,
    bidi: true,
    dna: true,
    streamManagement: true,
    limits: LIMITS,
  };
  assert.deepEqual(parseFeatures(element(text)), read);
});

const READ: Record<string, [children: string, features: Partial<Features>]> = {
  "nothing": ["", {}],
  "optional starttls": ["<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", { starttls: "optional" }],
  "dialback without errors": ["<dialback xmlns='urn:xmpp:features:dialback'/>", { dialback: true }],
  "mechanisms": [
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>" +
    "<mechanism> PLAIN </mechanism><x/></mechanisms>",
    { mechanisms: ["EXTERNAL", "PLAIN"] },
  ],
  "empty mechanisms": ["<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", {}],
  "stream management": ["<sm xmlns='urn:xmpp:sm:3'/>", { streamManagement: true }],
  "limits that are no numbers": [
    "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>many</max-bytes><idle-seconds>-1</idle-seconds></limits>",
    {},
  ],
  "the wrong namespace of bidi": ["<bidi xmlns='urn:xmpp:bidi'/>", {}],
  "an unknown feature": ["<zzz xmlns='urn:zzz'/>text<dna xmlns='urn:x-dna:0'/>", { dna: true }],
  "an unknown feature that is required": ["<zzz xmlns='urn:zzz'><required/></zzz>", {
    unknownRequired: true,
  }],
  "an unknown feature with a foreign required": ["<zzz xmlns='urn:zzz'><required xmlns='urn:y'/></zzz>", {}],
};
for (const [name, [children, features]] of Object.entries(READ)) {
  Deno.test(`features: ${name}`, () => {
    assert.deepEqual(parseFeatures(element(`<stream:features>${children}</stream:features>`)), {
      ...NONE,
      ...features,
    });
  });
}

Deno.test("features: other elements are none", () =>
  assert.equal(parseFeatures(element("<features/>")), null));

Deno.test("bidi is enabled as in trace T7", () => {
  const text = printBidi(LIMITS);
  assert.equal(
    text,
    "<bidi xmlns='urn:xmpp:bidi'><limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>524288</max-bytes>" +
      "<idle-seconds>3600</idle-seconds></limits><dna xmlns='urn:x-dna:0'/></bidi>",
  );
  assert.deepEqual(parseBidi(element(text)), { limits: LIMITS, dna: true });
  assert.deepEqual(parseBidi(element("<bidi xmlns='urn:xmpp:bidi'/>")), { limits: NO_LIMITS, dna: false });
  assert.equal(parseBidi(element("<bidi xmlns='urn:xmpp:features:bidi'/>")), null);
});

Deno.test("starttls, proceed and failure", () => {
  for (const word of ["starttls", "proceed", "failure"] as const) {
    assert.equal(printStarttls(word), `<${word} xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
    assert.equal(parseStarttls(element(printStarttls(word))), word);
  }
  assert.equal(parseStarttls(element("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")), null);
  assert.equal(parseStarttls(element("<constructor xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")), null);
});
