/** `verona check --stage`: it ends where it was told to, and says no more than it looked at. console.md 3.5. */
import assert from "node:assert/strict";
import { STAGES } from "../../check/stage.ts";
import { verona } from "../cli/verona.ts";
import { Checker, verdicts } from "./checker.ts";

const GROUPS = [
  ["dns", ["dns.addresses"]],
  ["tcp", ["tcp.reach", "stream.open"]],
  ["tls", ["tls.offered", "tls.version", "tls.chain", "tls.names", "tls.expiry"]],
  ["proof", ["proof.delegation"]],
  ["pair", ["dialback.result"]],
] as const;

/** How much of the world the server under test saw of us. */
function seen({ stage }: Checker): readonly string[] {
  return stage.server.log.flatMap(({ json }) => json?.event ?? []).map(String);
}

Deno.test("check --stage: each ends at its group: what lies beyond is skipped, and named as not tested; exit 0", async () => {
  await using checker = await Checker.open();
  for (const [n, [stage]] of GROUPS.entries()) {
    const { code, report } = await checker.report("target.example", "--stage", stage);
    assert.deepEqual([code, report.verdict, report.stage, report.cause], [0, "open", stage, null]);
    const said = verdicts(report);
    for (const [at, [, ids]] of GROUPS.entries()) {
      for (const id of ids) assert.equal(said[id], at <= n ? "ok" : "skip", `${stage}: ${id}`);
    }
    assert.equal(report.from, stage === "pair" ? "sender.example" : null);
    assert.deepEqual(Object.keys(said).sort(), Object.keys(STAGES).filter((id) => id !== "policy").sort());
    assert.match(report.notTested.join(), stage === "dns" ? /servers can be reached/ : /can reach us/);
  }
});

Deno.test("check --stage dns dials nobody; --stage proof asks for no pair", async () => {
  await using checker = await Checker.open();
  assert.equal((await checker.run("target.example", "--stage", "dns")).code, 0);
  assert.deepEqual(seen(checker).filter((event) => event.startsWith("connection.")), []);
  const text = await checker.run("target.example", "--stage", "proof");
  assert.match(text.stdout, /\nThe server is proven; nothing was asked of it\. \(.*\)\n$/);
  assert.deepEqual(seen(checker).filter((event) => event === "request.received"), []);
  assert(seen(checker).includes("connection.established"));
});

Deno.test("check --stage: a fault is found by the stage that it is in and not by one before it", async () => {
  await using checker = await Checker.open({
    prepare: (world) => {
      world.machine("gone.machines.example", 77, "machines.example");
      world.customer("gone.example", ["gone.machines.example"]);
      world.customer("empty.example", ["nobody.example"]);
    },
  });
  const found = async (...words: string[]) => {
    const { code, report } = await checker.report(...words);
    return [code, report.verdict, report.cause];
  };
  assert.deepEqual(await found("gone.example", "--stage", "dns"), [0, "open", null]);
  assert.deepEqual(await found("gone.example", "--stage", "tcp"), [4, "closed", "tcp.refused"]);
  assert.deepEqual(await found("bogus.example", "--stage", "dns"), [4, "closed", "dns.bogus"]);
  assert.deepEqual(await found("nowhere.example", "--stage", "dns"), [4, "closed", "dns.nxdomain"]);
  assert.deepEqual(await found("empty.example", "--stage", "dns"), [4, "closed", "dns.no-address"]);
  // The peer would deny it: only who asks hears of that.
  assert.deepEqual(await found("target.example", "--stage", "proof", "--from", "nobody.example"), [
    0,
    "open",
    null,
  ]);
});

Deno.test("check --stage: a resolver that keeps silent is no word about the domain; exit 3, and for Nagios UNKNOWN", async () => {
  await using checker = await Checker.open();
  checker.stage.world.dns.outage();
  const { code, report } = await checker.report("target.example", "--stage", "dns", "--timeout", "1s");
  assert.deepEqual([code, report.verdict, report.cause], [3, "unknown", "dns.timeout"]);
  const nagios = await checker.run(
    "target.example",
    "--stage",
    "dns",
    "--timeout",
    "1s",
    "--format",
    "nagios",
  );
  assert.equal(nagios.code, 3);
  assert.match(nagios.stdout, /^XMPP S2S UNKNOWN - target\.example: .*\(dns\.timeout\)/);
});

Deno.test("check --stage: where nothing of the stage was judged it is not good; exit 3", async () => {
  await using checker = await Checker.open({}, { dns: { static: { "target.example": "127.0.0.1:5269" } } });
  const { code, report } = await checker.report("target.example", "--stage", "dns");
  assert.deepEqual([code, report.verdict, report.cause], [3, "unknown", null]);
  assert.deepEqual([verdicts(report)["dns.srv"], verdicts(report)["dns.secure"]], ["skip", "skip"]);
  const text = await checker.run("target.example", "--stage", "dns");
  assert.match(text.stdout, /It could not be told whether DNS is in order\./);
});

Deno.test("check --stage: Nagios and Prometheus say how far it went", async () => {
  await using checker = await Checker.open();
  const nagios = await checker.run("target.example", "--stage", "tls", "--format", "nagios");
  assert.match(nagios.stdout, /^XMPP S2S OK - target\.example: federation works as far as tls \|/);
  const { stdout } = await checker.run("target.example", "--stage", "dns", "--format", "prometheus");
  assert.match(stdout, /\nverona_check_depth\{target="target\.example",stage="dns"\} 1\n/);
  assert.match(stdout, /stage="tcp\.reach",verdict="skip"\} 1\n/);
});

Deno.test("check --stage: wrong words are one clear sentence, with what was meant; exit 2", async () => {
  for (
    const [words, said] of [
      [["a.example", "--stage", "tlss"], /--stage tlss: there is no such stage\n.*did you mean "tls"\?/],
      [["a.example", "--stage", "dns.secure"], /did you mean "dns"\?/],
      [["a.example", "--stage", "everything"], /there are dns, tcp, tls, proof, pair/],
      [["a.example", "--stage", "pair"], /as which domain\?/],
      [["a.example", "--stage", "dns", "--connect", "127.0.0.1:5269"], /would look at nothing/],
    ] as const
  ) {
    const { code, stderr } = await verona(["check", ...words]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, said);
  }
});
