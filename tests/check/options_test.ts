/** The options of `verona check`, each through the command line, each where it makes a difference. console.md 3.1, 3.2, 3.5. */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import "../harness/surroundings.ts";
import { srvOwner } from "../harness/world.ts";
import { MAIN } from "../cli/verona.ts";
import { Terminal } from "../cli/pseudoterminal.ts";
import { Checker, stageOf, verdicts } from "./checker.ts";

Deno.test("check --connect HOST:PORT goes to that server though the domain's SRV records name another one", async () => {
  await using checker = await Checker.open({
    prepare: (world) => {
      world.machine("gone.machines.example", 77, "machines.example");
      world.delegate(world.zone("target.example"), ["gone.machines.example"]);
    },
  });
  const { server, world } = checker.stage;
  assert.equal((await checker.report("target.example", "--stage", "tcp")).report.cause, "tcp.refused");
  const { code, report } = await checker.report(
    "target.example",
    "--connect",
    `${world.serverIp}:5269`,
    "--stage",
    "tcp",
  );
  assert.deepEqual([code, report.verdict], [0, "open"], JSON.stringify(report));
  assert.deepEqual(stageOf(report, "tcp.reach").evidence, { address: world.serverIp, port: 5269 });
  assert.match(String(stageOf(report, "dns.srv").evidence), /^not asked: .*:5269 is configured$/);
  assert.equal(verdicts(report)["dns.secure"], "skip");
  assert.equal(
    world.dns.asked(srvOwner("target.example"), "SRV").length,
    1,
    "only by the run without --connect",
  );
  const named = await checker.report(
    "target.example",
    "--connect",
    "xmpp1.receiving.example:5269",
    "--stage",
    "tcp",
  );
  assert.equal(named.report.verdict, "open");
  assert.equal(verdicts(named.report)["dns.addresses"], "ok");
  assert(server.log.length > 0);
});

Deno.test("check --resolver ADDRESS asks that one and none of the configuration's", async () => {
  await using checker = await Checker.open({}, { dns: { servers: ["127.0.0.1:9"] } });
  const { dns } = checker.stage.world;
  const without = await checker.report("target.example", "--stage", "dns", "--timeout", "3s");
  assert.equal(without.code, 3, JSON.stringify(without.report));
  assert.equal(dns.asked(srvOwner("target.example"), "SRV").length, 0);
  const words = ["target.example", "--stage", "dns", "--resolver", `${dns.address}:${dns.port}`];
  assert.equal((await checker.report(...words)).code, 0);
  assert.equal(dns.asked(srvOwner("target.example"), "SRV").length, 1);
});

Deno.test("check --timeout DURATION ends it then, whoever keeps silent", async () => {
  const silent = dgram.createSocket("udp4");
  await once(silent.bind(0, "127.0.0.1"), "listening");
  await using checker = await Checker.open({}, { limits: { dns_query_timeout: "20s", dns_timeout: "60s" } });
  const words = ["target.example", "--resolver", `127.0.0.1:${silent.address().port}`];
  const { code, report } = await checker.report(...words, "--timeout", "500ms");
  silent.close();
  assert.deepEqual([code, report.cause], [3, "dns.timeout"]);
  assert(report.elapsedMs >= 500 && report.elapsedMs < 20_000, `${report.elapsedMs} ms`);
});

Deno.test("check --fail-on warn: warnings alone end it with 1, what is broken still with 4, what is good with 0", async () => {
  await using checker = await Checker.open();
  const { world } = checker.stage;
  const codes = async (...words: string[]) => (await checker.run(...words, "--stage", "dns")).code;
  assert.deepEqual(
    [await codes("unsigned.example"), await codes("unsigned.example", "--fail-on", "warn")],
    [0, 1],
  );
  assert.equal(await codes("target.example", "--fail-on", "warn"), 0);
  assert.equal(await codes("bogus.example", "--fail-on", "warn"), 4);
  world.dns.outage();
  assert.equal(await codes("target.example", "--fail-on", "warn", "--timeout", "1s"), 3);
});

Deno.test("check --file FILE --parallel N: so many at once and no more, comments and standard input included", async () => {
  await using checker = await Checker.open();
  const { world } = checker.stage;
  const domains = ["target.example", "other-target.example", "sender.example", "other-sender.example"];
  await Deno.writeTextFile(
    `${checker.directory.path}/list`,
    domains.map((domain) => `${domain} # ours`).join("\n"),
  );
  const releases = domains.map((domain) => world.dns.hold(srvOwner(domain), "SRV"));
  const running = checker.run("--file", "list", "--parallel", "2", "--stage", "dns");
  const underway = () => domains.filter((domain) => world.dns.asked(srvOwner(domain), "SRV").length > 0);
  await Promise.all(domains.slice(0, 2).map((domain) => world.dns.awaitQuestion(srvOwner(domain), "SRV")));
  assert.deepEqual(underway(), domains.slice(0, 2));
  releases[0]!();
  await world.dns.awaitQuestion(srvOwner(domains[2]!), "SRV");
  assert.deepEqual(underway(), domains.slice(0, 3), "the fourth waits for another one to end");
  releases.forEach((release) => release());
  const { code, stdout } = await running;
  assert.equal(code, 0, stdout);
  assert.deepEqual(stdout.trim().split("\n").sort(), domains.map((domain) => `open     ${domain}`).sort());
  const piped = await checker.run({ stdin: "bogus.example\n" }, "--file", "-", "--stage", "dns");
  assert.deepEqual([piped.code, /BOGUS/.test(piped.stdout)], [4, true]);
});

Deno.test("check --watch DURATION: again and again, one line of JSON each, until nobody reads or Ctrl-C", async () => {
  await using checker = await Checker.open();
  const { world } = checker.stage;
  const watching = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      MAIN,
      "check",
      "target.example",
      "--watch",
      "100ms",
      "--json",
      "--stage",
      "dns",
    ],
    cwd: checker.directory.path,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = watching.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const reports = async (wanted: number) => {
    while (text.split("\n").length <= wanted) {
      const { value, done } = await reader.read();
      assert(!done, text);
      text += value;
    }
    return text.trim().split("\n").map((line) => JSON.parse(line));
  };
  const [first, second] = await reports(2);
  assert.deepEqual([first.verdict, second.verdict], ["open", "open"]);
  assert.notEqual(first.started, second.started);
  world.zone("target.example").damage(srvOwner("target.example"), "SRV", "corrupt");
  for (let seen = 2; (await reports(seen)).at(-1).cause !== "dns.bogus";) seen++;
  watching.kill("SIGINT");
  assert.equal((await watching.status).code, 130);
  await reader.cancel();
});

Deno.test("check --quiet shows no progress on a terminal, and the same answer; --no-input reads nothing", async () => {
  await using checker = await Checker.open();
  const { world } = checker.stage;
  await using terminal = await Terminal.open();
  await terminal.run(`cd ${checker.directory.path}`);
  const line = "verona check target.example --stage dns";
  for (const quiet of [false, true]) {
    const release = world.dns.hold(srvOwner("target.example"), "SRV");
    const asked = world.dns.asked(srvOwner("target.example"), "SRV").length;
    await terminal.clear();
    await terminal.run(`${line}${quiet ? " --quiet" : ""}; echo cod''e=$?`);
    await world.dns.awaitQuestion(srvOwner("target.example"), "SRV", asked + 1);
    if (!quiet) await terminal.until(/checking target\.example: asking DNS … [1-9]/);
    // The heading came before it asked, so that nothing more is to be drawn.
    else assert(!/checking/.test(await terminal.until(/Federation with target\.example/)));
    release();
    await terminal.until(/DNS is in order[^\n]*\ncode=0/);
  }
  await terminal.clear();
  // Were anything asked, it would wait for ever: what is typed is for the shell.
  await terminal.run(
    `verona check target.example --stage dns --no-input --json | grep -c '"verdict": "open"'`,
  );
  await terminal.until(/^1$/m);
});
