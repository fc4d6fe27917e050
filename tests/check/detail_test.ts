/** What `verona check` shows of an answer that DNSSEC refuses: the link that breaks, its times, the way down to it. console.md 3.5. */
import assert from "node:assert/strict";
import { tlsa, tlsaOwner } from "../harness/tlsa.ts";
import { RECEIVING, srvOwner, type World } from "../harness/world.ts";
import { Checker, stageOf } from "./checker.ts";

type Fields = Readonly<Record<string, unknown>>;

const FAULTS = (world: World) => {
  world.customer("expired.example").damage(srvOwner("expired.example"), "SRV", "expired");
  world.customer("future.example").damage(srvOwner("future.example"), "SRV", "future");
  world.customer("stripped.example").damage(srvOwner("stripped.example"), "SRV", "strip");
  world.customer("keys.example").damage("keys.example", "DNSKEY", "expired");
};

const CASES: readonly [domain: string, ede: number, zone: string, record: string, chain: string][] = [
  [
    "expired.example",
    7,
    "expired.example",
    "_xmpp-server._tcp.expired.example SRV",
    "secure secure secure bogus",
  ],
  [
    "future.example",
    8,
    "future.example",
    "_xmpp-server._tcp.future.example SRV",
    "secure secure secure bogus",
  ],
  ["bogus.example", 6, "bogus.example", "_xmpp-server._tcp.bogus.example SRV", "secure secure secure bogus"],
  [
    "stripped.example",
    10,
    "stripped.example",
    "_xmpp-server._tcp.stripped.example SRV",
    "secure secure secure bogus",
  ],
  ["keys.example", 7, "keys.example", "keys.example DNSKEY", "secure secure bogus unreached"],
];

Deno.test("check: of a bogus answer JSON has the link that breaks, with its zone, key, times and EDE, and the links above it", async () => {
  await using checker = await Checker.open({ prepare: FAULTS });
  for (const [domain, ede, zone, record, path] of CASES) {
    const { report } = await checker.report(domain, "--stage", "dns");
    assert.equal(report.cause, "dns.bogus", domain);
    const { broken, chain } = stageOf(report, "dns.secure").evidence as Fields;
    const link = broken as Fields;
    assert.deepEqual([link.zone, link.record, (link.ede as Fields).code], [zone, record, ede], domain);
    assert.equal((chain as Fields[]).map(({ security }) => security).join(" "), path, domain);
    if (ede === 10) assert.deepEqual([link.keyTag, link.beginsAt], [null, null]);
    else {
      assert.equal(link.algorithm, 13);
      assert(Number.isInteger(link.keyTag));
      const [begins, ends, now] = [link.beginsAt, link.expiresAt, link.now].map((at) =>
        Date.parse(String(at))
      );
      assert.equal(ede, ends! <= now! ? 7 : begins! > now! ? 8 : 6);
    }
  }
});

Deno.test("check: the same for people, in four lines", async () => {
  await using checker = await Checker.open({ prepare: FAULTS });
  const env = { LC_ALL: "C.UTF-8" };
  const expired = await checker.run({ env }, "expired.example");
  assert.match(
    expired.stdout,
    new RegExp(
      "✗ BOGUS: signature over _xmpp-server\\._tcp\\.expired\\.example SRV ended 2 h ago .*dns\\.secure\\n" +
        " {10}zone    expired\\.example +key tag \\d+, algorithm 13 \\(ECDSA P-256\\)\\n" +
        " {10}valid   [-\\d]+ \\d\\d:\\d\\d → [-\\d]+ \\d\\d:\\d\\d UTC +now [-\\d]+ \\d\\d:\\d\\d\\n" +
        " {10}chain   \\. ✓  example ✓  expired\\.example ✓  SRV ✗ +EDE 7 Signature Expired\\n",
    ),
  );
  const keys = await checker.run({ env }, "keys.example");
  assert.match(keys.stdout, /chain {3}\. ✓ {2}example ✓ {2}keys\.example DNSKEY ✗ {2}SRV - +EDE 7/);
  const stripped = await checker.run({ env: { LC_ALL: "C" } }, "stripped.example");
  assert.match(
    stripped.stdout,
    /BOGUS: _xmpp-server\._tcp\.stripped\.example SRV has no signature by its zone/,
  );
  assert.match(stripped.stdout, /chain {3}\. \+ {2}example \+ {2}stripped\.example \+ {2}SRV x +EDE 10/);
});

Deno.test("check: of an unsigned answer the link where nobody signs any more", async () => {
  await using checker = await Checker.open();
  const { report } = await checker.report("unsigned.example", "--stage", "dns");
  const { chain, broken } = stageOf(report, "dns.secure").evidence as Fields;
  assert.equal(broken, undefined);
  assert.deepEqual((chain as Fields[]).map(({ zone, security }) => `${zone} ${security}`).slice(0, 3), [
    ". secure",
    "example secure",
    "unsigned.example insecure",
  ]);
  assert.match(String((chain as Fields[])[2]!.why), /no DS at unsigned\.example, proved by NSEC/);
});

Deno.test("check clock.skew: a signature that begins later says that a clock is wrong; what has ended long ago says nothing", async () => {
  await using checker = await Checker.open({ prepare: FAULTS });
  const clock = async (...words: string[]) => stageOf((await checker.report(...words)).report, "clock.skew");
  const early = await clock("future.example", "--stage", "dns");
  assert.equal(early.verdict, "warn");
  const { behindSeconds, what } = early.evidence as Fields;
  assert(Number(behindSeconds) > 9000 && Number(behindSeconds) <= 10_000, String(behindSeconds));
  assert.deepEqual(what, ["_xmpp-server._tcp.future.example SRV"]);
  assert.match(early.hint!, /chronyc/);
  const good = await clock("target.example");
  assert.equal(good.verdict, "ok");
  const { after, before, dated } = good.evidence as Fields;
  assert(Date.parse(String(after)) < Date.now() && Date.now() < Date.parse(String(before)));
  assert.equal(dated, 5, "three zones, the SRV and the certificate");
  assert.equal(
    (await clock("expired.example", "--stage", "dns")).verdict,
    "ok",
    "the root's and its own zone's hold",
  );
  checker.stage.world.dns.outage();
  assert.equal((await clock("target.example", "--stage", "dns", "--timeout", "1s")).verdict, "skip");
});

Deno.test("check: the same of an address that DNSSEC refuses: the host's own chain, and the link in it", async () => {
  await using checker = await Checker.open({
    prepare: (world) => {
      world.machine("mx.machines.example", 77, "machines.example");
      world.zone("machines.example").damage("mx.machines.example", "A", "expired");
      world.customer("hosted.example", ["mx.machines.example"]);
    },
  });
  for (const words of [["--stage", "dns"], []]) {
    const { report } = await checker.report("hosted.example", ...words);
    const { verdict, evidence } = stageOf(report, "dns.addresses");
    assert.deepEqual([report.cause, verdict], ["dns.bogus", "fail"]);
    assert.match(report.verify!, / \+vtrace mx\.machines\.example A$/);
    const { broken, chain } = evidence as Fields;
    const { zone, record, ede } = broken as Fields;
    assert.deepEqual([zone, record, (ede as Fields).code], [
      "machines.example",
      "mx.machines.example A",
      7,
    ]);
    assert.deepEqual((chain as Fields[]).map(({ security }) => security), [
      "secure",
      "secure",
      "secure",
      "bogus",
    ]);
  }
  const { stdout } = await checker.run({ env: { LC_ALL: "C.UTF-8" } }, "hosted.example");
  assert.match(
    stdout,
    new RegExp(
      "✗ BOGUS: signature over mx\\.machines\\.example A ended 2 h ago +dns\\.addresses\\n" +
        " {10}zone    machines\\.example +key tag \\d+, algorithm 13 \\(ECDSA P-256\\)\\n" +
        " {10}valid .*\\n" +
        " {10}chain   \\. ✓  example ✓  machines\\.example ✓  A ✗ +EDE 7 Signature Expired\\n",
    ),
  );
});

Deno.test("check: the same of TLSA that DNSSEC refuses: nobody is dialled, and the proof says why", async () => {
  await using checker = await Checker.open({
    prepare: (world) =>
      void world.zone("receiving.example").set(tlsaOwner(RECEIVING), "TLSA", [tlsa("3 1 1", world.receiving)])
        .damage(tlsaOwner(RECEIVING), "TLSA", "expired"),
  });
  const { report } = await checker.report("target.example");
  const { verdict, evidence } = stageOf(report, "proof.delegation");
  assert.deepEqual([report.cause, verdict], ["dns.bogus", "fail"]);
  assert.match(report.verify!, / \+vtrace _5269\._tcp\.xmpp1\.receiving\.example TLSA$/);
  const { record, ede } = (evidence as Fields).broken as Fields;
  assert.deepEqual([record, (ede as Fields).code], [`${tlsaOwner(RECEIVING)} TLSA`, 7]);
  const { stdout } = await checker.run({ env: { LC_ALL: "C.UTF-8" } }, "target.example");
  assert.match(stdout, /✗ BOGUS: signature over _5269\._tcp\.xmpp1\.receiving\.example TLSA ended 2 h ago/);
  assert.match(stdout, /chain {3}\. ✓ {2}example ✓ {2}receiving\.example ✓ {2}TLSA ✗ +EDE 7/);
});
