/** `verona explain` as an operator reads it: words for keys, and the evidence of what TCP did. console.md 3.5. */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import "../harness/surroundings.ts";
import { ORIGINATING } from "../harness/world.ts";
import type { Explanation } from "../../observe/contract.ts";
import { arrival, refuseServerNames } from "../federation/acts.ts";
import { NS } from "../peer/names.ts";
import { header, request, verdict } from "../peer/stream.ts";
import { verona } from "./verona.ts";

/** Keys as the API has them: a capital in the middle. */
const INTERNAL = /\b[a-z]+[A-Z]\w*:/;

Deno.test("explain: a machine that refuses TCP is named with address, port and what it did", async () => {
  await using stage = await Stage.open({
    prepare: (world) => void world.customer("silent.example", [{ target: ORIGINATING, port: 1 }]),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@silent.example", "m1");
  await stage.server.told({ event: "route.state", remote: "silent.example", cause: "tcp.refused" });
  const words = ["explain", "target.example", "silent.example"];
  const { code, stdout, stderr } = await verona(words, { cwd: stage.directory });
  assert.equal(code, 4, stderr);
  const tried = `${stage.world.peerIp} port 1 (${ORIGINATING}): tcp.refused after `;
  assert.match(stdout, /FAIL {5}Is there a proven connection\?/);
  assert.ok(stdout.includes(`tried: ${tried}`), stdout);
  assert.ok(stdout.includes(`servers: ${ORIGINATING}:1`), stdout);
  assert.match(stdout, /Why: +the peer's server refused the connection \(tcp\.refused\)/);
  assert.match(stdout, /More: +verona help tcp\.refused/);
  assert.doesNotMatch(stdout, INTERNAL);
  const { stages } = JSON.parse((await verona([...words, "--json"], { cwd: stage.directory })).stdout);
  const { verdict, evidence } = stages.find(({ id }: { id: string }) => id === "connection");
  assert.equal(verdict, "fail");
  assert.equal(evidence.tried.length, 1);
  assert.ok(evidence.tried[0].startsWith(tried));
});

Deno.test("explain: an open pair is said in words, without internal keys", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const { stdout } = await verona(["explain", "target.example", "sender.example"], { cwd: stage.directory });
  assert.match(stdout, /policy: authenticated\n[^]*names in its certificate: xmpp1\.originating\.example\n/);
  assert.doesNotMatch(stdout, INTERNAL);
});

Deno.test("explain: whom we did not let in is said first, with one and the same cause as log, metric, API and failures page", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  o.send(request("unsigned.example", "target.example"));
  await o.verdict("unsigned.example", "target.example", "error");
  const line = await stage.server.told({ event: "pair.denied", remote: "unsigned.example" });
  const words = ["explain", "target.example", "unsigned.example"];
  const { code, stdout, stderr } = await verona(words, { cwd: stage.directory });
  assert.equal(code, 4, stderr);
  const [title, first] = stdout.split("\n");
  assert.equal(title, "target.example -> unsigned.example");
  assert.match(
    first!,
    /^The other direction is broken: unsigned\.example -> target\.example is closed: .*\(dns\.insecure\); last denied at 2/,
  );
  assert.match(
    stdout,
    /FAIL {5}Do we let unsigned\.example in for target\.example\?[^]*condition: not-authorized/,
  );
  assert.match(
    stdout,
    /Why: .*\(dns\.insecure\)\nWho can fix: .*DNS operator.*\nNext: .*\nSee for yourself: +delv /,
  );
  assert.match(
    stdout,
    /nothing from here has asked for it\.\nunsigned\.example -> target\.example is closed/,
  );
  assert.doesNotMatch(stdout, INTERNAL);

  const told: Explanation = JSON.parse((await verona([...words, "--json"], { cwd: stage.directory })).stdout);
  assert.deepEqual([told.verdict, told.directions.out.verdict, told.directions.in.verdict], [
    "closed",
    "unknown",
    "closed",
  ]);
  const failure = await stage.server.api("/failures/dns.insecure~unsigned.example~in");
  const metrics = await (await fetch(`${stage.server.console}/metrics`)).text();
  assert.match(
    metrics,
    /xmpp_s2s_pair_decisions_total\{(?=[^}]*direction="in")(?=[^}]*decision="denied")[^}]*cause="dns\.insecure"/,
  );
  const { evidence } = told.stages.find(({ id }) => id === "incoming")!;
  assert.deepEqual(
    [told.cause, told.directions.in.cause, (evidence as { cause: string }).cause, line.cause, failure.cause],
    Array(5).fill("dns.insecure"),
  );
  const asked: Explanation = await stage.server.api("/explain?from=target.example&to=unsigned.example");
  assert.deepEqual([asked.headline, asked.directions], [told.headline, told.directions]);
});

Deno.test("explain: whom we let in, by which proof and until when; then the operator revokes it", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const run = () => verona(["explain", "target.example", "sender.example"], { cwd: stage.directory });
  const open = await run();
  assert.equal(open.code, 0, open.stdout);
  assert.match(
    open.stdout,
    /ok {7}Do we let sender\.example in[^]*connection: c-\d+[^]*proven by: dna-srv\n +until: 2/,
  );
  assert.match(open.stdout, /sender\.example -> target\.example is open\.\nThe pair is open\.\n$/);
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block: "0s" });
  await stage.server.told({ event: "pair.revoked", local: "target.example", cause: "policy.revoked" });
  const revoked = await run();
  assert.equal(revoked.code, 4, revoked.stdout);
  assert.match(revoked.stdout, /^.*\nThe other direction is broken: .*\(policy\.revoked\); revoked at 2/);
  assert.match(revoked.stdout, /last decision: revoked\n[^]*by: us\n[^]*See for yourself: +verona audit\n/);
});

Deno.test("explain: what the peer said to its denial is evidence, and cannot move a cursor; the proven connection is named", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  r.send(verdict(
    "target.example",
    "sender.example",
    "error",
    `<error type='cancel'><not-allowed xmlns='${NS.stanzaErrors}'/>` +
      `<text xmlns='${NS.stanzaErrors}'>go\u009b31m away\u202e\nok     forged</text></error>`,
  ));
  await stage.server.told({ event: "route.state", remote: "sender.example", cause: "peer.denied" });
  const [{ id }] = await stage.server.connections();
  const { code, stdout } = await verona(["explain", "target.example", "sender.example"], {
    cwd: stage.directory,
  });
  assert.equal(code, 4, stdout);
  assert.match(stdout, /FAIL {5}Does sender\.example let target\.example in\?[^]*condition: not-allowed\n/);
  assert.ok(stdout.includes("in the peer's words: go?31m away??ok     forged\n"), stdout);
  assert.match(
    stdout,
    new RegExp(`ok {7}Is there a proven connection[^]*connection: ${id}\n.*carries this pair: no`),
  );
  assert.match(stdout, /See for yourself: +verona trace --pair target\.example sender\.example\n/);
  assert.doesNotMatch(stdout, /The other direction/);
});

Deno.test("explain: a stream error of the peer's is said with its condition and its own words, in command, API, failures page and log alike", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  r.send(
    `<stream:error><policy-violation xmlns='${NS.streamErrors}'/>` +
      `<text xmlns='${NS.streamErrors}'>go\u009b31m away\u202e\nok     forged</text></stream:error>`,
  );
  const line = await stage.server.told({
    event: "route.state",
    remote: "sender.example",
    cause: "stream.error",
  });
  const [condition, text] = ["policy-violation", "go\u009b31m away\u202e\nok     forged"];
  assert.deepEqual([line.condition, typeof line.text], [condition, "string"]);
  const words = ["explain", "target.example", "sender.example"];
  const { code, stdout } = await verona(words, { cwd: stage.directory });
  assert.equal(code, 4, stdout);
  assert.match(
    stdout,
    /FAIL {5}Does sender\.example let target\.example in\?[^]*condition: policy-violation\n[^]*\(stream\.error\)/,
  );
  assert.ok(stdout.includes("in the peer's words: go?31m away??ok     forged\n"), stdout);
  const { stages }: Explanation = await stage.server.api("/explain?from=target.example&to=sender.example");
  const { evidence } = stages.find(({ id }) => id === "pair")!;
  assert.partialDeepStrictEqual(evidence, { cause: "stream.error", condition, peerText: text });
  const why = await stage.server.api("/failures/stream.error~sender.example~out");
  assert.partialDeepStrictEqual(why.evidence, { condition, text });
  assert.ok(!/[\u009b\u202e]/.test(why.report), why.report);
});

Deno.test("explain: a stream error that came before the pair could be asked for is said with its condition too", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await refuseServerNames(stage, "resource-constraint");
  await stage.server.told({
    event: "route.state",
    remote: "sender.example",
    condition: "resource-constraint",
  });
  const { stages }: Explanation = await stage.server.api("/explain?from=target.example&to=sender.example");
  assert.partialDeepStrictEqual(stages.find(({ id }) => id === "pair")!.evidence, {
    ...{ decision: "failed", cause: "stream.error", condition: "resource-constraint", peerText: null },
  });
});

/** The peer ends every stream right after its header, in these words, until the test is over. */
async function turnAway({ peer }: Stage, condition: string, text: string): Promise<void> {
  try {
    for (;;) {
      const r = await peer.accept();
      const { attributes: { from, to } } = await r.header();
      r.send(header({ from: to, to: from, id: crypto.randomUUID() }));
      r.send(
        `<stream:error><${condition} xmlns='${NS.streamErrors}'/>` +
          `<text xmlns='${NS.streamErrors}'>${text}</text></stream:error></stream:stream>`,
      );
      await r.farewell();
    }
  } catch {
    // The stage is gone.
  }
}

Deno.test("explain: whom the peer turns away before anything is asked: the connection is what fails, and the command to see it shows the peer's words", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const text = "Your server's certificate is not trusted";
  const turning = turnAway(stage, "not-authorized", text);
  juliet.say("juliet", "romeo@sender.example", "m1");
  await stage.server.told({
    ...{ event: "route.state", remote: "sender.example", state: "backoff", cause: "stream.not-authorized" },
  });
  const pair = ["target.example", "sender.example"];
  const run = (...words: string[]) => verona(words, { cwd: stage.directory });
  const { code, stdout } = await run("explain", ...pair);
  assert.equal(code, 4, stdout);
  assert.match(
    stdout,
    /FAIL {5}Is there a proven connection\? {2}connection\n +tried: .* answered after .*, c-\d+\n/,
  );
  assert.ok(
    stdout.includes(`condition: not-authorized\n`) && stdout.includes(`peer's words: ${text}\n`),
    stdout,
  );
  assert.match(stdout, /skip {5}Does sender\.example let target\.example in\? {2}pair\n/);
  const [, id] = /See for yourself: +verona trace (c-\d+)\n/.exec(stdout)!;
  const shown = await run("trace", id!);
  assert.ok(
    shown.stdout.includes(`✗ <stream:error> not-authorized "${text}": stream.not-authorized`),
    shown.stdout,
  );
  const ofPair = await run("trace", "--pair", ...pair);
  assert.ok(
    ofPair.stdout.includes(`✗ route backoff: stream.not-authorized not-authorized "${text}"`),
    ofPair.stdout,
  );
  assert.ok(ofPair.stdout.includes(`verona trace ${id} shows all that was said`), ofPair.stdout);
  const why = await stage.server.api("/failures/stream.not-authorized~sender.example~out");
  assert.partialDeepStrictEqual(why.evidence, { condition: "not-authorized", peerText: text });
  await stage.peer[Symbol.asyncDispose]();
  await turning;
});

Deno.test("explain: an address that our own setting forbids is named, in evidence, next step and log, and the connection is what fails", async () => {
  await using stage = await Stage.open({ settings: { dial: { allow_private_addresses: false } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await stage.server.told({ event: "route.state", remote: "sender.example", cause: "tcp.forbidden" });
  const { peerIp } = stage.world;
  const { code, stdout } = await verona(["explain", "target.example", "sender.example"], {
    cwd: stage.directory,
  });
  assert.equal(code, 4, stdout);
  assert.match(stdout, /FAIL {5}Is there a proven connection\?/);
  assert.ok(stdout.includes(`tried: ${peerIp} (${ORIGINATING}): tcp.forbidden, not dialled\n`), stdout);
  assert.ok(
    stdout.includes(
      `next: the address is ${peerIp}; if that address is meant, set \`allow_private_addresses = true\` below \`[dial]\` and restart`,
    ),
    stdout,
  );
  assert.match(stdout, /skip {5}Does sender\.example let target\.example in/);
  assert.match(stdout, /Who can fix: +the operator of this server/);
  const line = await stage.server.told({ event: "addresses.resolved", cause: "tcp.forbidden" });
  assert.deepEqual([line.level, line.forbidden], ["info", [peerIp]]);
});

Deno.test("routes: a suspended domain is not tried again, and its routes say no such thing", async () => {
  await using stage = await Stage.open({
    prepare: (world) => void world.customer("silent.example", [{ target: ORIGINATING, port: 1 }]),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@silent.example", "m1");
  await stage.server.told({ event: "route.state", remote: "silent.example", cause: "tcp.refused" });
  const waiting = await stage.server.route("target.example", "silent.example");
  assert.match(waiting.nextAttemptAt, /^2/);
  await stage.server.api("/domains/target.example/suspend", "POST", {});
  const suspended = await stage.server.route("target.example", "silent.example");
  assert.deepEqual([suspended.state, suspended.nextAttemptAt], ["backoff", null]);
});

Deno.test("explain: the command under See for yourself is one that proves what it says, with the root's keys of this server: delv itself is asked", async () => {
  await using stage = await Stage.open();
  const { stdout } = await verona(["explain", "target.example", "bogus.example"], { cwd: stage.directory });
  const [, command] = /See for yourself: +(delv .*)\n/.exec(stdout)!;
  const delv = async (line: string) => {
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", line],
      signal: AbortSignal.timeout(30_000),
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  const [bogus, good] = await Promise.all([
    delv(command!),
    delv(command!.replaceAll("bogus.example", "sender.example")),
  ]);
  assert.match(bogus, /resolution failed: RRSIG failed to verify/);
  assert.match(good, /^; fully validated\n_xmpp-server\._tcp\.sender\.example\./m);
});
