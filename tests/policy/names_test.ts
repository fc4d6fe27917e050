import assert from "node:assert/strict";
import type { Identifier } from "../../facts/certificate.ts";
import { machineNames, matchesName, patternFor, serverNames } from "../../policy/names.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { accepted, dns, NO_CERTIFICATE, SELF_SIGNED, srv, xmpp } from "./fixtures.ts";

/** The identifiers of the certificate in protocol.md C.1. */
const C1 = accepted(
  "xmpp1.receiving.example",
  "*.cluster.receiving.example",
  srv("_xmpp-server.target.example"),
  xmpp("target.example"),
);

Deno.test("serverNames of vector C.1: DNS-IDs with patterns, SRV-ID and xmppAddr once", () => {
  assert.deepEqual(serverNames(C1), [
    "xmpp1.receiving.example",
    "*.cluster.receiving.example",
    "target.example",
  ]);
});

Deno.test("R-7: a machine goes by the DNS-IDs of an accepted certificate, not by what names a service domain", () => {
  assert.deepEqual(machineNames(C1), ["xmpp1.receiving.example", "*.cluster.receiving.example"]);
  assert.deepEqual(machineNames(SELF_SIGNED), []);
  assert.deepEqual(machineNames(NO_CERTIFICATE), []);
});

Deno.test("serverNames: a refused or absent certificate gives none", () => {
  assert.deepEqual(serverNames(SELF_SIGNED), []);
  assert.deepEqual(serverNames(NO_CERTIFICATE), []);
});

const VECTOR_C1: Record<string, boolean> = {
  "xmpp1.receiving.example": true,
  "a.cluster.receiving.example": true,
  "target.example": true,
  "receiving.example": false,
  "a.b.cluster.receiving.example": false,
  "cluster.receiving.example": false,
  "www.target.example": false,
};
for (const [reference, expected] of Object.entries(VECTOR_C1)) {
  Deno.test(`names, vector C.1: ${reference} ${expected ? "matches" : "does not match"}`, () => {
    assert.equal(matchesName(serverNames(C1), reference), expected);
  });
}

const VECTOR_C2: Record<string, [reference: string, presented: Identifier[], match: boolean]> = {
  "case does not count": ["xmpp1.originating.example", [dns("XMPP1.Originating.EXAMPLE")], true],
  "DNA-28: a wildcard stands for the left-most label": [
    "xmpp1.originating.example",
    [dns("*.originating.example")],
    true,
  ],
  "a wildcard needs two labels behind it": ["xmpp1.example", [dns("*.example")], false],
  "a wildcard is not its own parent": ["originating.example", [dns("*.originating.example")], false],
  "a wildcard stands for one label only": ["a.b.originating.example", [dns("*.originating.example")], false],
  "partial wildcards count for nothing": [
    "xmpp1.originating.example",
    [dns("x*.originating.example")],
    false,
  ],
  "two wildcards count for nothing": ["a.b.originating.example", [dns("*.*.originating.example")], false],
  "a wildcard is never a reference": ["*.originating.example", [dns("*.originating.example")], false],
  "SRV-ID of xmpp-server": ["sender.example", [srv("_xmpp-server.sender.example")], true],
  "SRV-ID as the library gives it, without service": ["sender.example", [srv("sender.example")], true],
  "SRV-ID's service has no case": ["sender.example", [srv("_XMPP-Server.sender.example")], true],
  "SRV-ID of xmpp-client says nothing": ["sender.example", [srv("_xmpp-client.sender.example")], false],
  "SRV-ID has no wildcards": ["a.sender.example", [srv("_xmpp-server.*.sender.example")], false],
  "xmppAddr of a bare domain": ["sender.example", [xmpp("sender.example")], true],
  "xmppAddr has no wildcards": ["sender.example", [xmpp("*.example")], false],
  "xmppAddr of a user is no domain": ["sender.example", [xmpp("admin@sender.example")], false],
  "xmppAddr with a resource is no domain": ["sender.example", [xmpp("sender.example/x")], false],
  "a common name alone is nothing": ["sender.example", [], false],
  "an IDN matches by its A-labels": ["münchen.example", [dns("xn--mnchen-3ya.example")], true],
  "a parent is not its child": ["a.sender.example", [dns("sender.example")], false],
};
for (const [name, [reference, presented, match]] of Object.entries(VECTOR_C2)) {
  Deno.test(`names: ${name}`, () => {
    const wanted = reference.includes("*") ? reference : parseDomain(reference);
    assert.equal(matchesName(serverNames(accepted(...presented)), wanted), match);
  });
}

Deno.test("names: the pattern of a host replaces its first label", () => {
  assert.equal(patternFor("xmpp1.originating.example"), "*.originating.example");
  assert.equal(patternFor("localhost"), null);
});
