/** What `verona check` warns of: what somebody should mend soon, so that a monitor of a domain in good order can be green. console.md 3.5. */
import assert from "node:assert/strict";
import type { Outcome } from "../../check/stage.ts";
import { stagesOf } from "../../check/stages.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import { selfSigned } from "../harness/certificates.ts";
import { tlsa, tlsaOwner } from "../harness/tlsa.ts";
import { RECEIVING, type World } from "../harness/world.ts";
import { Checker, stageOf, verdicts } from "./checker.ts";

const DAY_MS = 86_400_000;

type Shown = Parameters<typeof selfSigned>[0];

/** The receiving machine shows a certificate that only its own signed TLSA vouches for. */
const selfSignedMachine = (options: Shown) => async (world: World) => {
  const receiving = await selfSigned(options);
  Object.assign(world, { receiving });
  world.zone("receiving.example").set(tlsaOwner(RECEIVING), "TLSA", [tlsa("3 1 1", receiving)]);
};

/** No warning in any form. */
async function isGreen(checker: Checker, domain: string) {
  const { code, report } = await checker.report(domain, "--fail-on", "warn");
  assert.deepEqual([code, report.verdict, report.warnings], [0, "open", 0], JSON.stringify(report.stages));
  const nagios = await checker.run(domain, "--format", "nagios");
  assert.equal(nagios.code, 0, nagios.stdout);
  assert.match(nagios.stdout, /^XMPP S2S OK - /);
  return report;
}

Deno.test("check: a self-signed certificate that TLSA proves is in order, and says by what", async () => {
  await using checker = await Checker.open({ prepare: selfSignedMachine({ names: [RECEIVING] }) });
  const report = await isGreen(checker, "target.example");
  const { cause, provenBy, tlsa } = stageOf(report, "tls.chain").evidence as Record<string, string>;
  assert.deepEqual([cause, provenBy, tlsa], ["tls.self-signed", "dane", "3 1 1"]);
  const { stdout } = await checker.run("target.example");
  assert.match(
    stdout,
    /CN=xmpp1\.receiving\.example: self-signed; proven by DANE \(TLSA 3 1 1\) +tls\.chain\n/,
  );
  assert.match(stdout, /\nFederation works\. /);
});

/** Below the first of the warnings that a certificate gets otherwise. */
const ENDS_SOON = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 3 * DAY_MS) };

Deno.test("check: of DANE-EE neither names nor dates count (RFC 7671 5.1): a monitor stays green", async () => {
  const options = { names: ["stranger.example"], ...ENDS_SOON };
  await using checker = await Checker.open({ prepare: selfSignedMachine(options) });
  const report = await isGreen(checker, "target.example");
  assert.deepEqual([verdicts(report)["tls.names"], verdicts(report)["tls.expiry"]], ["ok", "ok"]);
  const { stdout } = await checker.run("target.example");
  assert.match(stdout, /dates do not count; proven by DANE \(TLSA 3 1 1\) +tls\.expiry\n/);
});

Deno.test("check: a domain whose own certificate proves it needs no DNSSEC, and without SRV its own address serves", async () => {
  await using checker = await Checker.open({
    domains: ["plain.example", "bare.example"],
    prepare: async (world) => {
      world.customer("plain.example", [RECEIVING], { signed: false });
      world.addZone("bare.example").set("bare.example", "A", [world.serverIp]);
      Object.assign(world, {
        receiving: await world.ca.issue({ names: [RECEIVING, "plain.example", "bare.example"] }),
      });
    },
  });
  const plain = await isGreen(checker, "plain.example");
  assert.deepEqual((stageOf(plain, "dns.secure").evidence as { provenBy: string }).provenBy, "pkix");
  const text = await checker.run("plain.example");
  assert.match(text.stdout, /not signed, and not needed: proven by its certificate +dns\.secure\n/);
  assert.equal(stageOf(await isGreen(checker, "bare.example"), "dns.srv").verdict, "ok");
  // As far as DNS nobody knows what else proves it.
  const { report } = await checker.report("plain.example", "--stage", "dns");
  assert.equal(verdicts(report)["dns.secure"], "warn");
});

const event = (type: RecordedEvent["type"], more: Partial<RecordedEvent>): RecordedEvent => ({
  ...{ type, connection: "c-1", seq: 1, at: "" },
  ...more,
});

const GOOD: Outcome = { good: true, cause: null, late: false };
const REFUSED: Outcome = { good: false, cause: "peer.denied", late: false };

/** Of a peer whose self-signed certificate has ended long ago, dialled under a policy that takes `prooftype`. */
function judged(prooftype: string | null, outcome: Outcome | null, proof: { tlsa?: string } = {}) {
  const own = { own: null, certificate: "refused", names: [], identifiers: ["b.example"] };
  const words = { subject: "CN=b.example", issuer: "CN=b.example", notAfter: "2020-01-01T00:00:00Z" };
  const stages = stagesOf({
    ...{ local: "a.example", remote: "b.example", depth: "pair", outcome },
    ...{ reached: null, trust: null, back: null, now: Date.now() },
    events: [
      event("connection.secured", { cause: "tls.self-signed", detail: { ...own, ...words } }),
      event("endpoint.judged", {
        detail: { domain: "b.example", prooftype, names: [], target: null, ...proof },
      }),
      event("connection.established", { detail: { dialback: false, errors: false } }),
    ],
  });
  return Object.fromEntries(stages.map(({ id, verdict }) => [id, verdict]));
}

Deno.test("check: a certificate that only a call back stands in for is a warning; POSH is a proof like TLSA", () => {
  assert.equal(judged("posh", GOOD)["tls.chain"], "ok");
  assert.equal(judged("dialback", GOOD)["tls.chain"], "warn");
  assert.equal(judged("dialback-dnssec", GOOD)["tls.chain"], "warn");
  assert.equal(judged(null, REFUSED)["tls.chain"], "fail");
});

Deno.test("check: a certificate that has ended is in order under TLSA 3 1 1, and not under POSH or a published authority", () => {
  const expiry = (prooftype: string, tlsa?: string) =>
    judged(prooftype, GOOD, tlsa === undefined ? {} : { tlsa })["tls.expiry"];
  assert.deepEqual([expiry("dane", "3 1 1"), expiry("dane", "2 0 1"), expiry("posh")], [
    "ok",
    "fail",
    "fail",
  ]);
});

Deno.test("check: dialback and its errors, not advertised, are a warning only where the peer did not let us in", () => {
  for (const id of ["dialback.offered", "dialback.errors"]) {
    assert.deepEqual(
      [judged("posh", null)[id], judged("posh", GOOD)[id], judged("posh", REFUSED)[id]],
      [undefined, "ok", "warn"],
      id,
    );
  }
});
