/** Chains under configured anchors, and what a certificate says. protocol.md 6.4 to 6.6. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { Cause } from "../../facts/cause.ts";
import type { Bytes } from "../../wire/native.ts";
import { certificateFacts, chainAnchor, Trust } from "../../wire/trust.ts";
import { Authority, EXPIRED, leafOnly, NOT_YET_VALID, selfSigned } from "../harness/certificates.ts";
import type { Identity } from "../peer/wire.ts";
import { certificates } from "./openssl.ts";

/** The certificates of a PEM text. */
function chainOf({ certificate }: Pick<Identity, "certificate">): Bytes[] {
  const pems = certificate.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return pems.map((pem) => new Uint8Array(new X509Certificate(Buffer.from(pem)).raw));
}

const names = ["a.example"];
const root = await Authority.root();
const intermediate = await root.intermediate();
const stranger = await Authority.root(); // of the same name: only its key differs

/** What the peer shows as client and as server, and why it is refused; null: accepted. */
const CASES: Record<string, [shown: () => Promise<Identity>, client: Cause | null, server: Cause | null]> = {
  "TLS-10 TLS-11: serverAuth alone": [() => root.issue({ names, usages: ["serverAuth"] }), null, null],
  "TLS-10 TLS-11: clientAuth alone": [() => root.issue({ names, usages: ["clientAuth"] }), null, "tls.usage"],
  "TLS-10 TLS-11: no usage": [() => root.issue({ names, usages: [] }), null, null],
  "an intermediate that is sent along": [() => intermediate.issue({ names }), null, null],
  "TLS-12: a missing intermediate": [
    async () => leafOnly(await intermediate.issue({ names })),
    "tls.untrusted",
    "tls.untrusted",
  ],
  "TLS-13: expired": [() => root.issue({ names, ...EXPIRED }), "tls.expired", "tls.expired"],
  "TLS-13: not yet valid": [
    () => root.issue({ names, ...NOT_YET_VALID }),
    "tls.not-yet-valid",
    "tls.not-yet-valid",
  ],
  "TLS-13: a stranger's authority of the same name": [
    () => stranger.issue({ names }),
    "tls.bad-certificate",
    "tls.bad-certificate",
  ],
  "TLS-13: an authority as leaf": [
    () => root.issue({ names, isCa: true }),
    "tls.ca-leaf",
    "tls.ca-leaf",
  ],
  "self-signed": [() => selfSigned({ names }), "tls.self-signed", "tls.self-signed"],
  "self-signed as an authority": [
    () => selfSigned({ names, isCa: true }),
    "tls.self-signed",
    "tls.self-signed",
  ],
  "self-signed and expired": [() => selfSigned({ names, ...EXPIRED }), "tls.expired", "tls.expired"],
};

for (const [name, [shown, asClient, asServer]] of Object.entries(CASES)) {
  Deno.test(`trust: ${name}`, async () => {
    const trust = new Trust(false, [root.pem]);
    const chain = chainOf(await shown());
    for (const [role, cause] of [["client", asClient], ["server", asServer]] as const) {
      const judged = trust.judge(chain, role, Date.now());
      assert.equal(judged.state === "refused" ? judged.cause : null, cause, role);
      assert.equal(judged.state, cause === null ? "accepted" : "refused", role);
    }
    trust.free();
  });
}

Deno.test("trust: the end of an accepted chain is its earliest, and time is what the caller says", async () => {
  const day = 86_400_000;
  const soon = new Date(Math.floor(Date.now() / 1000) * 1000 + 30 * day);
  const late = await intermediate.issue({ names, notAfter: new Date(Date.now() + 3000 * day) });
  const early = await intermediate.issue({ names, notAfter: soon });
  const trust = new Trust(false, [root.pem]);
  const end = (identity: Identity, now: number) => {
    const judged = trust.judge(chainOf(identity), "client", now);
    return judged.state === "accepted" ? judged.facts.notAfter : judged.state === "refused" && judged.cause;
  };
  const ofIntermediate = chainOf(late).map((der) => new X509Certificate(Buffer.from(der)).validTo)[1]!;
  assert.equal(end(late, Date.now()), Date.parse(ofIntermediate));
  assert.equal(end(early, Date.now()), soon.getTime());
  assert.equal(end(early, soon.getTime() + 1000), "tls.expired");
  trust.free();
});

Deno.test("trust: configured anchors are exclusive, and none is worth none", async () => {
  const chain = chainOf(await root.issue({ names }));
  for (const pems of [[stranger.pem], []]) {
    const trust = new Trust(false, pems);
    assert.equal(trust.judge(chain, "client", Date.now()).state, "refused");
    trust.free();
  }
  const both = new Trust(true, [stranger.pem, root.pem]);
  assert.equal(both.judge(chain, "client", Date.now()).state, "accepted");
  both.free();
  assert.throws(() => new Trust(false, ["no certificate here"]), /holds no certificate/);
});

Deno.test("trust: junk in the chain and junk as leaf", async () => {
  const trust = new Trust(false, [root.pem]);
  const [leaf] = chainOf(await root.issue({ names }));
  const junk = Uint8Array.of(0x30, 3, 2, 1, 1);
  assert.equal(trust.judge([], "client", Date.now()).state, "absent");
  assert.equal(trust.judge([leaf!, junk], "client", Date.now()).state, "accepted");
  for (const bad of [junk, leaf!.slice(0, -1), Uint8Array.of(...leaf!, 0), new Uint8Array(0)]) {
    const judged = trust.judge([bad], "client", Date.now());
    assert.deepEqual(judged, { state: "refused", cause: "tls.bad-certificate", facts: null });
  }
  for (let at = 0; at < leaf!.length; at++) {
    const mutated = leaf!.slice();
    mutated[at]! ^= 0x55;
    assert.equal(trust.judge([mutated], "client", Date.now()).state, "refused", `byte ${at}`);
  }
  trust.free();
});

Deno.test("TLS-14 TLS-15 TLS-16 TLS-19: SRVName, xmppAddr and IDN are names; CN, users and other services are not", async () => {
  const made = await certificates({
    leaf: "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.srv.example," +
      "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.client.example," +
      "otherName:1.3.6.1.5.5.7.8.5;UTF8:addr.example,otherName:1.3.6.1.5.5.7.8.5;UTF8:user@addr.example," +
      "otherName:1.3.6.1.5.5.7.8.5;UTF8:münchen.example," +
      "DNS:Dns.Example,DNS:*.wild.example,DNS:x*.example.org,IP:127.0.0.1,URI:xmpp:uri.example,email:m@mail.example",
  });
  const facts = certificateFacts(chainOf({ certificate: made.leaf })[0]!)!;
  assert.deepEqual(facts.identifiers, [
    { kind: "srv", name: "srv.example" },
    { kind: "xmpp", name: "addr.example" },
    { kind: "xmpp", name: "xn--mnchen-3ya.example" },
    { kind: "dns", name: "dns.example" },
    { kind: "dns", name: "*.wild.example" },
  ]);
  assert.match(facts.subject, /CN=cn\.example/);
});

Deno.test("trust: below an authority bound to DNS names only those count (RFC 9525 6.1)", async () => {
  const made = await certificates({
    constraints: "permitted;DNS:dns.example",
    leaf:
      "DNS:dns.example,otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.srv.example,otherName:1.3.6.1.5.5.7.8.5;UTF8:addr.example",
  });
  const trust = new Trust(false, [made.root]);
  const judged = trust.judge(chainOf({ certificate: made.leaf }), "client", Date.now());
  assert.ok(judged.state === "accepted", JSON.stringify(judged));
  assert.deepEqual(judged.facts.identifiers, [{ kind: "dns", name: "dns.example" }]);
  const outside = await certificates({ constraints: "permitted;DNS:dns.example", leaf: "DNS:other.example" });
  const other = new Trust(false, [outside.root]);
  const refused = other.judge(chainOf({ certificate: outside.leaf }), "client", Date.now());
  assert.ok(refused.state === "refused" && refused.cause === "tls.untrusted", JSON.stringify(refused));
  trust.free();
  other.free();
});

Deno.test("trust: a key that may not sign, and an authority that may not certify", async () => {
  const leaf = await certificates({ leaf: "DNS:dns.example", leafUsage: "keyEncipherment" });
  const trust = new Trust(false, [leaf.root]);
  const refused = trust.judge(chainOf({ certificate: leaf.leaf }), "client", Date.now());
  assert.ok(refused.state === "refused" && refused.cause === "tls.usage", JSON.stringify(refused));
  trust.free();
});

Deno.test("trust: each certificate behind the leaf is told as the anchor that it would be (DANE-TA)", async () => {
  const trust = new Trust(false, [stranger.pem]);
  const identity = await intermediate.issue({ names });
  const [leaf, middle] = chainOf(identity);
  const [top] = chainOf({ certificate: root.pem });
  const ends = (chain: Bytes[], now = Date.now()) => {
    const judged = trust.judge(chain, "server", now);
    assert.ok(judged.state === "refused" && judged.facts !== null);
    return judged.facts.chain.map(({ sha256, until }) => [sha256, until !== null]);
  };
  const hash = (der: Bytes) => certificateFacts(der)!.sha256;
  assert.deepEqual(ends([leaf!]), []);
  assert.deepEqual(ends([leaf!, middle!, top!]), [[hash(middle!), true], [hash(top!), true]]);
  // Not in the chain's order, beside what leads nowhere, and what is no certificate.
  const [alien] = chainOf({ certificate: stranger.pem });
  assert.deepEqual(ends([leaf!, top!, alien!, Uint8Array.of(0x30, 0), middle!]), [
    [hash(top!), true],
    [hash(alien!), false],
    [hash(middle!), true],
  ]);
  assert.deepEqual(ends([leaf!, top!]), [[hash(top!), false]]); // the link between is missing
  assert.deepEqual(ends([leaf!, middle!], Date.now() + 3650 * 86_400_000), [[hash(middle!), false]]);
  trust.free();
});

Deno.test("trust: what is no authority anchors nothing, and an authority's own dates count", async () => {
  const [leaf] = chainOf(await root.issue({ names }));
  const [top] = chainOf({ certificate: root.pem });
  const anchor = (authority: Bytes, now = Date.now()) =>
    chainAnchor([leaf!], authority, "server", now)!.until;
  assert.notEqual(anchor(top!), null);
  assert.equal(anchor(leaf!), null);
  const [itself] = chainOf(await selfSigned({ names }));
  assert.equal(chainAnchor([itself!], itself!, "server", Date.now())!.until, null);
  assert.equal(anchor(top!, Date.now() + 3651 * 86_400_000), null);
  assert.equal(chainAnchor([leaf!], Uint8Array.of(1, 2, 3), "server", Date.now()), null);
});
