/** `verona check` against a running server, scripted peers and a world with faults. console.md 3.5; design.md 2.2. */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { ORIGINATING } from "../harness/world.ts";
import type { CheckReport } from "../../observe/contract.ts";
import { arrival } from "../federation/acts.ts";
import { folder, verona } from "../cli/verona.ts";
import { Checker, stageOf, verdicts } from "./checker.ts";

Deno.test("check: a domain that is proven by its delegation, stage by stage; exit 0", async () => {
  await using checker = await Checker.open();
  const { code, report } = await checker.report("target.example");
  assert.deepEqual([code, report.verdict, report.cause, report.from], [0, "open", null, "sender.example"]);
  const { "tcp.ipv6": ipv6, "pair.both-ways": back, ...others } = verdicts(report);
  assert.deepEqual([ipv6, back], ["skip", "skip"]);
  assert.deepEqual(new Set(Object.values(others)), new Set(["ok"]), JSON.stringify(report.stages));
  assert.deepEqual(stageOf(report, "proof.delegation").evidence, {
    prooftype: "dna-srv",
    target: "xmpp1.receiving.example",
  });
  const text = await checker.run("target.example");
  assert.match(
    text.stdout,
    /SRV xmpp1\.receiving\.example:5269 .*dns\.srv\n.*secure: \. > example > target\.example/,
  );
  assert.match(text.stdout, /Federation works\. \((\d+ ms|\d+\.\d s)\)\n$/);
  assert.equal(text.stderr, "");
});

Deno.test("check touches nothing of the running server but what any peer does", async () => {
  await using checker = await Checker.open();
  await checker.report("target.example");
  await checker.stage.server.connected(0);
  assert.deepEqual(await checker.stage.server.routes(), []);
});

Deno.test("check: ends its stream in good order, so that the peer counts no failure and its log a normal end", async () => {
  await using checker = await Checker.open();
  const { server } = checker.stage;
  assert.equal((await checker.report("target.example")).report.verdict, "open");
  const closed = await server.told({ event: "connection.closed", direction: "in" });
  assert.equal(closed.cause, "stream.closed");
  assert.equal(server.log.filter(({ json }) => json?.event === "stream.error").length, 0);
  assert.deepEqual((await server.api("/failures")).failures, []);
});

Deno.test("check: a bogus zone is named with its reason, its owner and a command; exit 4", async () => {
  await using checker = await Checker.open();
  const { code, report } = await checker.report("bogus.example");
  assert.deepEqual([code, report.verdict, report.cause, report.fault], [4, "closed", "dns.bogus", "dns"]);
  assert.deepEqual([verdicts(report)["dns.secure"], verdicts(report)["tcp.reach"]], ["fail", "skip"]);
  assert.equal(stageOf(report, "tcp.ipv6").evidence, null, "which addresses it publishes was not asked");
  assert.match(
    report.verify!,
    /^delv @\S+ -p \d+ -a <\(awk .*root\.key'\) \+root=\. \+vtrace _xmpp-server\._tcp\.bogus\.example SRV$/,
  );
  const text = await checker.run("bogus.example");
  assert.match(text.stdout, /BOGUS: .*dns\.secure\n/);
  assert.match(
    text.stdout,
    /Why it fails: .*\(dns\.bogus\)\nWho can fix it: +the DNS operator of the remote domain\n/,
  );
  assert.match(text.stdout, /Federation does not work\. \(.*\)\n$/);
});

Deno.test("check: a domain that does not exist, one that is not hosted, one that denies us", async () => {
  await using checker = await Checker.open({
    prepare: (world) => void world.customer("stray.example", ["xmpp1.receiving.example"]),
    settings: { policy: { block: ["blocked.example"] } },
  });
  const nowhere = (await checker.report("nowhere.example")).report;
  assert.deepEqual([nowhere.cause, verdicts(nowhere)["dns.srv"]], ["dns.nxdomain", "fail"]);
  const stray = (await checker.report("stray.example")).report;
  assert.deepEqual([stray.cause, verdicts(stray)["dialback.result"]], ["peer.denied", "fail"]);
  assert.match(JSON.stringify(stageOf(stray, "dialback.result").evidence), /item-not-found/);
  const refused = (await checker.report("target.example", "--from", "blocked.example")).report;
  assert.equal(refused.verdict, "closed");
  assert.deepEqual(verdicts(refused)["dialback.result"], "fail", JSON.stringify(refused));
});

Deno.test("check: a server that is not there, and one that says nothing", async () => {
  await using checker = await Checker.open({
    prepare: (world) => {
      world.machine("gone.machines.example", 77, "machines.example");
      world.customer("gone.example", ["gone.machines.example"]);
    },
  });
  const gone = await checker.report("gone.example");
  assert.deepEqual([gone.code, gone.report.cause], [4, "tcp.refused"]);
  assert.match(JSON.stringify(stageOf(gone.report, "tcp.reach").evidence), /port 5269: tcp\.refused/);
  assert.match(gone.report.verify!, /^nc -vz gone\.machines\.example 5269$/);
  // The scripted peer of sender.example accepts and keeps silent.
  const silent = await checker.report("other-sender.example", "--timeout", "2s");
  assert.deepEqual([silent.code, silent.report.verdict], [3, "unknown"]);
});

Deno.test("check: a resolver that is not there says nothing about the domain", async () => {
  // UDP to a port that nobody listens on.
  using nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = nobody.addr as Deno.NetAddr;
  const args = ["check", "target.example", "--resolver", `127.0.0.1:${port}`, "--json"];
  await using directory = await folder();
  const { code, stdout } = await verona(args, { cwd: directory.path });
  const report: CheckReport = JSON.parse(stdout);
  assert.deepEqual([code, report.verdict], [3, "unknown"], stdout);
  assert.match(report.cause!, /^dns\.(timeout|unreachable)$/);
  assert.deepEqual(verdicts(report)["dns.srv"], "unknown");
});

Deno.test("check: a resolver that is still silent when the time is over is named; nothing is said of addresses that nobody told", async () => {
  const silent = dgram.createSocket("udp4");
  await once(silent.bind(0, "127.0.0.1"), "listening");
  await using directory = await folder();
  const args = ["check", "target.example", "--resolver", `127.0.0.1:${silent.address().port}`];
  const { code, stdout } = await verona([...args, "--timeout", "1s", "--json"], { cwd: directory.path });
  silent.close();
  const report: CheckReport = JSON.parse(stdout);
  assert.deepEqual([code, report.verdict, report.cause], [3, "unknown", "dns.timeout"], stdout);
  assert.equal(stageOf(report, "tcp.ipv6").evidence, null);
});

Deno.test("check: a peer that never answers the request is named, not the network", async () => {
  await using checker = await Checker.open();
  const running = checker.run("other-sender.example", "--timeout", "13s", "--json");
  const { r } = await arrival(checker.stage);
  await r.request("sender.example", "other-sender.example");
  const { code, stdout } = await running;
  const report: CheckReport = JSON.parse(stdout);
  assert.deepEqual([code, report.verdict], [3, "unknown"], stdout);
  assert.deepEqual([report.cause, report.fault], ["peer.verdict-timeout", "peer"]);
  assert.deepEqual(verdicts(report)["dialback.result"], "unknown");
});

Deno.test("check: a certificate that no authority vouches for, or with another name, is named", async () => {
  await using checker = await Checker.open({}, { trust: { ca: ["system"] } });
  const { code, report } = await checker.report("target.example");
  assert.deepEqual([code, verdicts(report)["tls.chain"], report.cause], [4, "fail", "tls.untrusted"]);
});

Deno.test("check: without --from and without a configuration nothing is asked of the peer", async () => {
  await using checker = await Checker.open();
  const { world } = checker.stage;
  await using elsewhere = await folder();
  const { code, stdout, stderr } = await verona(
    ["check", "target.example", "--json", "--resolver", `${world.dns.address}:${world.dns.port}`],
    {
      cwd: elsewhere.path,
      env: {
        VERONA_DNS__TRUST_ANCHOR: `${checker.directory.path}/root.key`,
        VERONA_DIAL__ALLOW_PRIVATE_ADDRESSES: "true",
        SSL_CERT_FILE: `${checker.directory.path}/ca.pem`,
      },
    },
  );
  const report: CheckReport = JSON.parse(stdout);
  assert.deepEqual(
    [report.from, report.stages.find(({ id }) => id === "dns.secure")!.verdict],
    [null, "ok"],
    stderr,
  );
  assert.ok(verdicts(report)["tls.version"] === "ok", stdout);
  assert.ok(report.notTested.some((text) => text.includes("--from")));
  assert.ok([0, 4].includes(code));
  const asked = checker.stage.server.log.filter(({ json }) => json?.event === "request.received");
  assert.deepEqual(asked, []);
});

Deno.test("check: for Nagios, for Prometheus, for many domains, and with warnings as failures", async () => {
  await using checker = await Checker.open();
  const critical = await checker.run("bogus.example", "--format", "nagios");
  assert.equal(critical.code, 2);
  assert.match(
    critical.stdout,
    /^XMPP S2S CRITICAL - bogus\.example: .*\(dns\.bogus\) \| time=\d+\.\d{3}s\n$/,
  );
  assert.equal((await checker.run("target.example", "--format", "nagios")).code, 0);

  await Deno.writeTextFile(
    `${checker.directory.path}/list`,
    "# ours\ntarget.example\nother-target.example\n",
  );
  const many = await checker.run("bogus.example", "--file", "list", "--parallel", "3");
  assert.equal(many.code, 4);
  assert.deepEqual(many.stdout.trim().split("\n").sort(), [
    "closed   bogus.example  dns.bogus",
    "open     other-target.example",
    "open     target.example",
  ]);
  const { stdout } = await checker.run("target.example", "--format", "prometheus");
  assert.match(
    stdout,
    /^# HELP probe_success .*\n# TYPE probe_success gauge\nprobe_success\{target="target\.example"\} 1\n/,
  );
  assert.match(stdout, /verona_check_stage\{target="target\.example",stage="dns\.secure",verdict="ok"\} 1\n/);
});

Deno.test("check --onboard: the record to publish, and whether it is there and signed", async () => {
  await using checker = await Checker.open();
  const at = (domain: string, name: string) => checker.run(domain, "--onboard", name);
  const ready = await at("target.example", "xmpp1.receiving.example");
  assert.equal(ready.code, 0, ready.stdout);
  assert.match(
    ready.stdout,
    /_xmpp-server\._tcp\.target\.example\. 3600 IN SRV 10 0 5269 xmpp1\.receiving\.example\.\n/,
  );
  const missing = await at("target.example", "xmpp2.receiving.example");
  assert.deepEqual([missing.code, /Not ready: the SRV record is not there yet/.test(missing.stdout)], [
    4,
    true,
  ]);
  const unsigned = await at("unsigned.example", ORIGINATING);
  assert.deepEqual([unsigned.code, /the zone is not signed/.test(unsigned.stdout)], [4, true]);
  const bogus = await at("bogus.example", ORIGINATING);
  assert.deepEqual([bogus.code, /DNSSEC is broken/.test(bogus.stdout)], [4, true]);
});

Deno.test("check: wrong use is one clear sentence; exit 2", async () => {
  for (
    const [words, said] of [
      [[], /which domain\?/],
      [["a..b"], /a\.\.b/],
      [["a.example", "--resolver", "nonsense:"], /--resolver nonsense:/],
      [["a.example", "--config", "missing.toml"], /missing\.toml/],
      [["a.example", "--timeout", "3 parsecs"], /not a duration/],
      [["a.example", "--parallel", "0"], /between 1 and 32/],
      [["--file", "missing.txt"], /Cannot read missing\.txt/],
      ...[
        ["--stage", "dns"],
        ["--both-ways"],
        ["--from", "b.example"],
        ["--connect", "127.0.0.1:5269"],
        ["--watch", "10s"],
        ["--fail-on", "warn"],
        ["--format", "nagios"],
      ].map((words) =>
        [
          ["a.example", "--onboard", "xmpp1.b.example", ...words],
          new RegExp(`--onboard looks at DNS records alone: it has no use for ${words[0]}`),
        ] as const
      ),
    ] as const
  ) {
    const { code, stderr } = await verona(["check", ...words]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, said);
  }
});

Deno.test("API: POST /check streams the same stages, from the running server, and opens nothing in its tables", async () => {
  await using checker = await Checker.open();
  const { server, directory } = checker.stage;
  const token = (await Deno.readTextFile(`${directory}/data/console.token`)).trim();
  const ask = (body: unknown, bearer = token) =>
    fetch(`${server.console}/api/v1/check`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const response = await ask({ from: "target.example", domain: "bogus.example" });
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  const lines = (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
  const { report } = lines.at(-1);
  assert.deepEqual([report.verdict, report.cause], ["closed", "dns.bogus"]);
  const streamed = lines.slice(0, -1).map(({ stage }) => stage.id);
  assert.deepEqual(streamed.toSorted(), report.stages.map(({ id }: { id: string }) => id).toSorted());
  assert.deepEqual([await server.connections(), await server.routes()], [[], []]);
  for (
    const [body, status] of [[{ from: "target.example" }, 400], [
      { from: "x.example", domain: "a.b" },
      404,
    ]] as const
  ) {
    const refused = await ask(body);
    assert.equal(refused.status, status);
    await refused.body?.cancel();
  }
  const viewer = (await Deno.readTextFile(`${directory}/data/viewer.token`)).trim();
  const forbidden = await ask({ from: "target.example", domain: "bogus.example" }, viewer);
  assert.equal(forbidden.status, 403);
  await forbidden.body?.cancel();
});
