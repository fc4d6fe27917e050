/** Stapled OCSP responses: what they take from an accepted chain, and what they do not. RFC 6960; protocol.md 6.6. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Bytes } from "../../wire/native.ts";
import { Trust } from "../../wire/trust.ts";
import { Authority, EXPIRED, RSA } from "../harness/certificates.ts";
import { ocspResponse } from "../harness/ocsp.ts";
import type { Identity } from "../peer/wire.ts";

const root = await Authority.root();
const intermediate = await root.intermediate();
/** Of the same name as the root: only its key differs. */
const stranger = await Authority.root();
const leaf = await root.issue({ names: ["a.example"] });
const below = await intermediate.issue({ names: ["b.example"] });
const OCSP = { names: ["ocsp.example"], usages: ["ocspSigning"] } as const;

const HOUR_MS = 3_600_000;

function chainOf({ certificate }: Identity): Bytes[] {
  const pems = certificate.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return pems.map((pem) => new Uint8Array(new X509Certificate(Buffer.from(pem)).raw));
}

function judged(shown: Identity, staple: Bytes, inMs = 0): PeerCertificate {
  const trust = new Trust(false, [root.pem]);
  try {
    return trust.judge(chainOf(shown), "server", Date.now() + inMs, staple);
  } finally {
    trust.free();
  }
}

/** In one word: "revoked", "good", or why nothing was said. */
function said(peer: PeerCertificate): string {
  if (peer.state === "refused") {
    assert.equal(peer.cause, "tls.revoked");
    return "revoked";
  }
  assert.ok(peer.state === "accepted");
  const { stapled } = peer.facts;
  if (stapled === null) return "absent";
  return "nothing" in stapled ? stapled.nothing : "good";
}

const delegate = () => root.issue(OCSP);
const SIGNER = "signed by nobody whom the issuer lets speak";

const CASES: Record<string, [staple: () => Promise<Bytes>, said: string, shown?: Identity, inMs?: number]> = {
  "none": [() => Promise.resolve(new Uint8Array(0)), "absent"],
  "good, by the issuer": [() => ocspResponse(root, leaf), "good"],
  "good, issuer named by SHA-256": [() => ocspResponse(root, leaf, { hash: "sha256" }), "good"],
  "revoked, by the issuer": [() => ocspResponse(root, leaf, { status: "revoked" }), "revoked"],
  "revoked, issuer named by SHA-256": [
    () => ocspResponse(root, leaf, { status: "revoked", hash: "sha256" }),
    "revoked",
  ],
  "revoked, by whom the issuer delegated it to": [
    async () => ocspResponse(root, leaf, { status: "revoked", signer: await delegate() }),
    "revoked",
  ],
  "revoked, below an intermediate that says so": [
    () => ocspResponse(intermediate, below, { status: "revoked" }),
    "revoked",
    below,
  ],
  "revoked, by a delegate without the purpose": [
    async () => ocspResponse(root, leaf, { status: "revoked", signer: await root.issue({ names: [] }) }),
    SIGNER,
  ],
  "revoked, by a delegate that has expired": [
    async () =>
      ocspResponse(root, leaf, { status: "revoked", signer: await root.issue({ ...OCSP, ...EXPIRED }) }),
    SIGNER,
  ],
  "revoked, by a stranger's delegate": [
    async () => ocspResponse(root, leaf, { status: "revoked", signer: await stranger.issue(OCSP) }),
    SIGNER,
  ],
  "revoked, by a stranger of the issuer's name": [
    async () => ocspResponse(root, leaf, { status: "revoked", signer: await stranger.self() }),
    SIGNER,
  ],
  "revoked, by the leaf itself": [
    () => ocspResponse(root, leaf, { status: "revoked", signer: leaf }),
    SIGNER,
  ],
  "revoked, below an intermediate, by the root": [
    async () => ocspResponse(intermediate, below, { status: "revoked", signer: await root.self() }),
    SIGNER,
    below,
  ],
  "revoked, but another certificate": [
    async () => ocspResponse(root, await root.issue({ names: ["a.example"] }), { status: "revoked" }),
    "about another certificate",
  ],
  "revoked, of the same serial number, but another issuer's": [
    () => ocspResponse(stranger, leaf, { status: "revoked" }),
    "about another certificate",
  ],
  "unknown": [
    () => ocspResponse(root, leaf, { status: "unknown" }),
    "the responder does not know the certificate",
  ],
  "revoked, two days ago": [
    () => ocspResponse(root, leaf, { status: "revoked" }),
    "out of date",
    leaf,
    48 * HOUR_MS,
  ],
  "revoked, not yet": [() => ocspResponse(root, leaf, { status: "revoked" }), "out of date", leaf, -HOUR_MS],
  "the responder is busy": [
    () => Promise.resolve(Uint8Array.of(0x30, 3, 0x0a, 1, 3)),
    "the responder gives no answer",
  ],
  "junk": [() => Promise.resolve(new Uint8Array(700).fill(0x30)), "malformed"],
  "more than any response needs": [() => Promise.resolve(new Uint8Array(20_000)), "malformed"],
};
for (const [what, [staple, expected, shown = leaf, inMs]] of Object.entries(CASES)) {
  Deno.test(`OCSP: ${what}: ${expected}`, async () => {
    assert.equal(said(judged(shown, await staple(), inMs)), expected);
  });
}

Deno.test("OCSP: an authority with an RSA key", async () => {
  const authority = await Authority.root("RSA Root", RSA);
  const shown = await authority.issue({ names: ["a.example"] });
  const trust = new Trust(false, [authority.pem]);
  for (const [status, expected] of [["good", "good"], ["revoked", "revoked"]] as const) {
    const staple = await ocspResponse(authority, shown, { status });
    assert.equal(said(trust.judge(chainOf(shown), "server", Date.now(), staple)), expected);
  }
  trust.free();
});

Deno.test("OCSP: it counts until its nextUpdate", async () => {
  const peer = judged(leaf, await ocspResponse(root, leaf));
  assert.ok(peer.state === "accepted" && peer.facts.stapled !== null && "goodUntil" in peer.facts.stapled);
  const left = peer.facts.stapled.goodUntil - Date.now();
  assert.ok(left > 23 * HOUR_MS && left <= 24 * HOUR_MS, String(left));
});

Deno.test("OCSP: no damage makes a good one revoke, nor one that was cut", async () => {
  const good = await ocspResponse(root, leaf, { signer: await delegate() });
  for (let at = 0; at < good.length; at++) {
    const damaged = good.slice();
    damaged[at]! ^= 0x55;
    assert.notEqual(said(judged(leaf, damaged)), "revoked", `byte ${at}`);
    assert.equal(said(judged(leaf, good.slice(0, at))), at === 0 ? "absent" : "malformed", `cut at ${at}`);
  }
});

Deno.test("OCSP: a chain that leads nowhere is not looked at further", async () => {
  const own = await stranger.issue({ names: ["a.example"] });
  const trust = new Trust(false, [root.pem]);
  const peer = trust.judge(
    chainOf(own),
    "server",
    Date.now(),
    await ocspResponse(stranger, own, { status: "revoked" }),
  );
  assert.ok(peer.state === "refused" && peer.cause !== "tls.revoked");
  trust.free();
});
