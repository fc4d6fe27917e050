import assert from "node:assert/strict";
import fc from "fast-check";
import {
  AddressFault,
  type Domain,
  matchesPattern,
  pairKey,
  parseDomain,
  parsePattern,
  toAscii,
} from "../../xmpp/domain.ts";

const READ: Record<string, [text: string, domain: string, ascii?: string]> = {
  "lower-cases": ["Target.EXAMPLE", "target.example"],
  "takes one final dot away": ["target.example.", "target.example"],
  "keeps a single label": ["localhost", "localhost"],
  "keeps U-labels": ["münchen.example", "münchen.example", "xn--mnchen-3ya.example"],
  "turns A-labels into U-labels": ["XN--MNCHEN-3YA.example.", "münchen.example", "xn--mnchen-3ya.example"],
  "composes (NFC)": ["mu\u0308nchen.example", "münchen.example", "xn--mnchen-3ya.example"],
  "is non-transitional": ["faß.example", "faß.example", "xn--fa-hia.example"],
  "maps a compatibility letter": ["\u212Aelvin.example", "kelvin.example"],
  "maps an ideographic dot": ["日本語。example", "日本語.example", "xn--wgv71a119e.example"],
  "keeps right-to-left labels": ["א.example", "א.example", "xn--4db.example"],
  "keeps hyphens in the third and fourth place": ["r3--x.example", "r3--x.example"],
  "keeps a label of 63": [`${"a".repeat(63)}.example`, `${"a".repeat(63)}.example`],
};
for (const [name, [text, domain, ascii]] of Object.entries(READ)) {
  Deno.test(`parseDomain ${name}`, () => {
    assert.equal(parseDomain(text), domain);
    assert.equal(toAscii(parseDomain(text)), ascii ?? domain);
    assert.equal(toAscii(parseDomain(text)), ascii ?? domain, "from the cache");
  });
}

const REFUSED: Record<string, string> = {
  "nothing": "",
  "a dot alone": ".",
  "two final dots": "a.example..",
  "an empty label": "a..example",
  "a leading dot": ".example",
  "an underscore": "_xmpp-server._tcp.example",
  "a space": "a b.example",
  "a line break": "a.example\n",
  "a NUL": "a\0.example",
  "an at sign": "a@b.example",
  "a slash": "a.example/b",
  "a colon": "a.example:5269",
  "a leading hyphen": "-a.example",
  "a final hyphen": "a-.example",
  "an IPv4 address": "192.0.2.1",
  "an IPv4 address with final dot": "192.0.2.1.",
  "a full-width IPv4 address": "１９２.0.2.１",
  "a hexadecimal IPv4 address": "0x7f000001",
  "a number": "2130706433",
  "an IPv6 address": "2001:db8::1",
  "an IPv6 literal": "[2001:db8::1]",
  "a label of 64": `${"a".repeat(64)}.example`,
  "a U-label that is too long as A-label": `${"ü".repeat(62)}.example`,
  "a name of 254": `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(62)}`,
  "a huge text": "a.".repeat(100_000),
  "a broken A-label": "xn--abc.example",
  "an empty A-label": "xn--.example",
  "an A-label of an ASCII label": "xn--abc-.example",
  "an A-label that hides a dot": "xn--a-ecp.example",
  "a joiner out of context": "a\u200db.example",
  "mixed directions in a label": "0à.א",
  "a lone surrogate": "\ud800.example",
};
for (const [name, text] of Object.entries(REFUSED)) {
  Deno.test(`parseDomain refuses ${name}`, () => assert.throws(() => parseDomain(text), AddressFault));
}

Deno.test("parseDomain accepts a name of 253", () => {
  const text = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
  assert.equal(parseDomain(text), text);
});

Deno.test("a domain is its own canonical form, and its A-labels lead back to it", () => {
  const label = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/),
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.stringMatching(/^xn--[a-z0-9-]{1,12}$/),
    fc.constantFrom("münchen", "ΣΑΣ", "日本語", "İ", "ﬁ", "xn--mnchen-3ya"),
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
      let domain: Domain;
      try {
        domain = parseDomain(labels.join("."));
      } catch (error) {
        assert.ok(error instanceof AddressFault, String(error));
        return;
      }
      accepted++;
      assert.equal(parseDomain(domain), domain);
      assert.equal(parseDomain(toAscii(domain).toUpperCase()), domain);
      assert.match(toAscii(domain), /^[a-z0-9.-]{1,253}$/);
      assert.doesNotMatch(domain, /[\s"'<>&@/]|xn--/);
    }),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 100, "the property was not vacuous");
});

Deno.test("pairKey tells pairs apart, also the turned one", () => {
  const [a, b] = [parseDomain("a.example"), parseDomain("b.example")];
  assert.notEqual(pairKey({ local: a, remote: b }), pairKey({ local: b, remote: a }));
  assert.equal(pairKey({ local: a, remote: b }), pairKey({ local: a, remote: parseDomain("B.Example.") }));
});

const PATTERNS: Record<string, [pattern: string, domain: string, matches: boolean]> = {
  "a name names itself": ["Example.org", "example.org", true],
  "a name names nothing below": ["example.org", "a.example.org", false],
  "a star names what is below": ["*.example.org", "a.example.org", true],
  "a star names what is far below": ["*.example.org", "a.b.example.org", true],
  "a star does not name the domain itself": ["*.example.org", "example.org", false],
  "a star does not name a neighbour": ["*.example.org", "badexample.org", false],
  "a star works in A-labels": ["*.xn--mnchen-3ya.example", "a.münchen.example", true],
};
for (const [name, [pattern, domain, matches]] of Object.entries(PATTERNS)) {
  Deno.test(`pattern: ${name}`, () => {
    assert.equal(matchesPattern(parsePattern(pattern), parseDomain(domain)), matches);
  });
}

Deno.test("pattern: anything else is refused", () => {
  for (const text of ["*", "*.", "a.*.example", "*a.example", "*.*.example", ""]) {
    assert.throws(() => parsePattern(text), AddressFault, text);
  }
});
