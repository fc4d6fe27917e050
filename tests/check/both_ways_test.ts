/** `verona check --both-ways` between two running servers: whether the domain can reach us, by an answer that it has to bring. console.md 3.5. */
import assert from "node:assert/strict";
import type { CheckReport, Stage } from "../../observe/contract.ts";
import { TwoServers } from "../federation/two_servers.ts";
import { srvOwner } from "../harness/world.ts";
import "../harness/surroundings.ts";
import { MAIN, verona } from "../cli/verona.ts";
import { Checker, stageOf } from "./checker.ts";

const WORDS = ["target.example", "--from", "sender.example", "--both-ways"];

async function report(
  { originating }: TwoServers,
  ...words: string[]
): Promise<{ code: number; report: CheckReport }> {
  const { code, stdout, stderr } = await originating.command("check", ...WORDS, "--json", ...words);
  assert.notEqual(stdout, "", stderr);
  return { code, report: JSON.parse(stdout) };
}

/** A connection of ours, on which the peer may send too. Its domain has no component, so the peer itself answers. */
async function open({ originating }: TwoServers): Promise<void> {
  await using romeo = await originating.component("sender.example");
  romeo.say("romeo", "juliet@target.example", "first");
  await originating.told({ event: "pair.authorised", local: "sender.example", remote: "target.example" });
}

/** Does not wait for long where nothing comes. */
const HASTY = { originating: { limits: { ack_timeout: "2s" } } };

Deno.test("check --both-ways: the peer answers over a connection that it opened itself; nothing is left untested", async () => {
  await using servers = await TwoServers.start();
  const { code, report: found } = await report(servers);
  const { verdict, evidence, elapsedMs } = stageOf(found, "pair.both-ways");
  assert.deepEqual([code, found.verdict, verdict], [0, "open", "ok"], JSON.stringify(found));
  const { openedBy, connection } = evidence as { openedBy: string; connection: string };
  assert.equal(openedBy, "it");
  const row = (await servers.originating.connections()).find(({ id }) => id === connection);
  assert.deepEqual([row.direction, row.remote], ["in", "xmpp1.receiving.example"]);
  await servers.originating.told({
    event: "pair.granted",
    local: "sender.example",
    remote: "target.example",
  });
  assert(elapsedMs !== null && elapsedMs >= 0);
  assert.deepEqual(found.notTested, []);
  const text = await servers.originating.command("check", ...WORDS);
  assert.match(text.stdout, /it answered over c-\d+, which it opened to us .*pair\.both-ways\n/);
  assert.doesNotMatch(text.stdout, /Not tested/);
});

Deno.test("check --both-ways: an answer over a connection of ours (bidi) says so, and that opening one was not seen", async () => {
  await using servers = await TwoServers.start();
  await open(servers);
  const { code, report: found } = await report(servers);
  assert.equal(code, 0);
  assert.equal((stageOf(found, "pair.both-ways").evidence as { openedBy: string }).openedBy, "us");
  assert.deepEqual(found.notTested.length, 1);
  assert.match(found.notTested[0]!, /whether it can open a connection to us/);
});

Deno.test("check --both-ways: a peer that finds no way to us is told from one that works: unknown, with what to look at; exit 3", async () => {
  await using servers = await TwoServers.start(HASTY);
  // Nobody listens at port 1: our own check needs no SRV of ours, the peer does.
  servers.world.delegate(servers.world.zone("sender.example"), [{
    target: "xmpp1.originating.example",
    port: 1,
  }]);
  const { code, report: found } = await report(servers);
  const { verdict, evidence, hint } = stageOf(found, "pair.both-ways");
  assert.deepEqual([code, found.verdict, verdict], [3, "unknown", "unknown"], JSON.stringify(evidence));
  assert.deepEqual(evidence, { came: "nothing", waitedMs: 2000 });
  assert.match(hint!, /SRV records name this server/);
  assert.equal(stageOf(found, "dialback.result").verdict, "ok", "we can reach it");
});

Deno.test("check --both-ways: a peer that we do not let in: the cause that the server has for it; exit 4", async () => {
  await using servers = await TwoServers.start(HASTY);
  const { originating } = servers;
  await open(servers);
  await originating.api("/routes/sender.example/target.example/revoke", "POST", { block: "10m" });
  const { code, report: found } = await report(servers);
  const { verdict, evidence } = stageOf(found, "pair.both-ways");
  assert.deepEqual([code, found.verdict, verdict], [4, "closed", "fail"], JSON.stringify(evidence));
  const revoked = await originating.told({ event: "pair.revoked", local: "sender.example" });
  assert.deepEqual([found.cause, (evidence as { cause: string }).cause], [revoked.cause, revoked.cause]);
});

Deno.test("check --both-ways: a peer that asks and is denied meanwhile: the same with who asked, and without waiting", async () => {
  await using servers = await TwoServers.start();
  const { originating } = servers;
  await open(servers);
  await originating.api("/routes/sender.example/target.example/revoke", "POST", { block: "10m" });
  // The peer remembers nothing of that, and asks.
  await servers.kill();
  await servers.revive();
  const { code, report: found } = await report(servers);
  const { verdict, evidence } = stageOf(found, "pair.both-ways");
  assert.deepEqual([code, found.verdict, verdict], [4, "closed", "fail"], JSON.stringify(evidence));
  const denied = await originating.told({ event: "pair.denied", direction: "in" });
  const { cause, connection, peer } = evidence as Record<string, string>;
  assert.deepEqual([found.cause, cause, connection], [denied.cause, denied.cause, denied.connection]);
  assert.equal(peer, denied.peer);
  assert(found.elapsedMs < 60_000, "the answer's whole time was not waited for");
});

Deno.test("check --both-ways: a domain of ours that was suspended at run time: our own policy, named, with the command that ends it; exit 4", async () => {
  await using servers = await TwoServers.start();
  const { originating } = servers;
  const domain = async (word: string) => await originating.api(`/domains/sender.example/${word}`, "POST", {});
  await domain("suspend");
  const { code, report: found } = await report(servers);
  const { verdict, evidence } = stageOf(found, "pair.both-ways");
  assert.deepEqual([code, found.verdict, verdict], [4, "closed", "fail"], JSON.stringify(evidence));
  assert.deepEqual([found.cause, found.fault], ["policy.suspended", "policy"]);
  assert.deepEqual(found.notTested, ["the delivery of a stanza"]);
  const text = await originating.command("check", ...WORDS);
  assert.match(text.stdout, /we do not let it in: policy\.suspended +pair\.both-ways\n/);
  assert.match(text.stdout, /What next: +`verona domains resume` ends it/);
  await domain("resume");
  assert.equal((await report(servers)).code, 0);
});

Deno.test("check --both-ways without a running server: everything else is told, that is not known; exit 3", async () => {
  await using checker = await Checker.open();
  const { code, report: found } = await checker.report("target.example", "--both-ways");
  const { verdict, evidence, hint } = stageOf(found, "pair.both-ways");
  assert.deepEqual([code, found.verdict, verdict], [3, "unknown", "unknown"]);
  assert.match(String(evidence), /^the running server was not asked: /);
  assert.notEqual(hint, null);
  assert.equal(stageOf(found, "dialback.result").verdict, "ok");
});

Deno.test("check --both-ways: where nothing of ours gets there, nothing is asked back", async () => {
  await using servers = await TwoServers.start(HASTY);
  servers.world.zone("target.example").damage(srvOwner("target.example"), "SRV", "corrupt");
  const { code, report: found } = await report(servers);
  assert.deepEqual([code, found.cause], [4, "dns.bogus"]);
  assert.equal(stageOf(found, "pair.both-ways").verdict, "skip");
  assert.match(
    String(stageOf(found, "pair.both-ways").evidence),
    /not asked: nothing of ours gets there \(dns\.bogus\)/,
  );
  assert.deepEqual(found.notTested, [
    "whether target.example can reach us as sender.example",
    "the delivery of a stanza",
  ]);
});

Deno.test("check --both-ways: Ctrl-C ends it with 130 also while the running server says nothing", async () => {
  await using checker = await Checker.open();
  // A console that takes the question and never answers.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "check", "target.example", "--both-ways"],
    cwd: checker.directory.path,
    env: { VERONA_URL: `http://127.0.0.1:${(silent.addr as Deno.NetAddr).port}`, VERONA_TOKEN: "x" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  using asked = await silent.accept();
  assert.notEqual(await asked.read(new Uint8Array(1024)), null);
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
});

Deno.test("check --both-ways: wrong words are one clear sentence; exit 2", async () => {
  for (
    const [words, said] of [
      [["a.example", "--both-ways", "--stage", "dns", "--from", "b.example"], /--both-ways goes all the way/],
      [["a.example", "--both-ways"], /as which domain\?/],
    ] as const
  ) {
    const { code, stderr } = await verona(["check", ...words]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, said);
  }
});

Deno.test("API: the ping of a pair is for operators, of hosted domains; POST /check takes bothWays", async () => {
  await using servers = await TwoServers.start();
  const { originating } = servers;
  const path = "/routes/sender.example/target.example/ping";
  const { stage }: { stage: Stage } = await originating.api(path, "POST", {});
  assert.deepEqual([stage.id, stage.verdict], ["pair.both-ways", "ok"]);
  await assert.rejects(originating.api("/routes/other.example/target.example/ping", "POST", {}), /404/);
  const ask = async (role: string, at: string, body: unknown) => {
    const token = (await Deno.readTextFile(`${originating.directory}/data/${role}.token`)).trim();
    return await fetch(`${originating.console}/api/v1${at}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  };
  const viewer = await ask("viewer", path, {});
  assert.equal(viewer.status, 403);
  await viewer.body?.cancel();
  const pair = { from: "sender.example", domain: "target.example" };
  const lines = (await (await ask("console", "/check", { ...pair, bothWays: true })).text()).trim().split(
    "\n",
  );
  assert.equal(stageOf(JSON.parse(lines.at(-1)!).report, "pair.both-ways").verdict, "ok");
  const mixed = await ask("console", "/check", { ...pair, bothWays: true, stage: "dns" });
  assert.equal(mixed.status, 400);
  await mixed.body?.cancel();
});
