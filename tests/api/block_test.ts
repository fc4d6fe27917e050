/** What an operator keeps away stays away until its end, whatever happens to the server: protocol.md A-33; docs/decisions/0180. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SERVER_NAMES, Stage } from "../harness/stage.ts";
import { VeronaServer } from "../harness/verona.ts";
import type { Conversation } from "../peer/conversation.ts";
import { dial } from "../peer/peer.ts";
import { openSecured, request } from "../peer/stream.ts";
import { arrival, grant } from "../federation/acts.ts";
import { ask, assertProblem, TIME, tokenOf } from "./ask.ts";

const [TARGET, SENDER] = ["target.example", "sender.example"];
const PAIR = `/api/v1/routes/${TARGET}/${SENDER}`;

const post = (stage: Stage, token: string, what: string, body: unknown = {}) =>
  ask(stage, `${PAIR}/${what}`, { method: "POST", token, body });

/** In both directions: the peer's request, and a stanza of ours. */
async function assertKeptAway(server: VeronaServer, o: Conversation): Promise<void> {
  o.send(request(SENDER, TARGET));
  await o.denial(SENDER, TARGET, "cancel", "not-allowed");
  await using juliet = await server.component(TARGET);
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const error = await juliet.message({ id: "m1", type: "error" });
  assert.match(error.raw, /<not-allowed /);
  const denied = await server.told({ event: "pair.denied", local: TARGET, cause: "policy.revoked" });
  assert.equal(denied.direction, "in");
}

async function initiateTo(stage: Stage, server: VeronaServer): Promise<Conversation> {
  const o = await dial(server.s2s, stage.world.peerIp, "O");
  await openSecured(o, SERVER_NAMES, stage.originatingTls);
  return o;
}

Deno.test("block: it holds in both directions after SIGHUP, and after a restart by SIGTERM and by SIGKILL; --lift ends it, for good", async () => {
  await using stage = await Stage.open();
  const { directory, server } = stage;
  const o = await stage.initiateWith();
  const begun = Date.now();
  await server.api(`${PAIR.slice(7)}/revoke`, "POST", { block: "1h" });
  await o.verdict(SENDER, TARGET, "invalid");
  await server.reload(server.settings);
  await assertKeptAway(server, o);
  assert.equal(await server.stop(), 0);
  {
    await using second = await VeronaServer.start(directory, server.settings);
    await assertKeptAway(second, await initiateTo(stage, second));
    second.signal("SIGKILL");
    await second.exited;
  }
  await using third = await VeronaServer.start(directory, server.settings);
  const { blocks, total } = await third.api("/blocks");
  assert.equal(total, 1);
  assert.deepEqual([blocks[0].local, blocks[0].remote], [TARGET, SENDER]);
  const left = Date.parse(blocks[0].until) - begun;
  assert.ok(left >= 3_600_000 && left < 3_700_000, blocks[0].until);
  const row = await third.api(PAIR.slice(7));
  assert.deepEqual([row.state, row.reason, row.refusal, row.blockedUntil], [
    ...["denied", "policy.revoked", "policy.revoked"],
    blocks[0].until,
  ]);
  const again = await initiateTo(stage, third);
  await assertKeptAway(third, again);
  const config = ["--config", `${directory}/verona.toml`];
  const lifted = await third.command("revoke", TARGET, SENDER, "--lift", ...config);
  assert.deepEqual([lifted.code, lifted.stdout], [
    0,
    `${TARGET} <-> ${SENDER} is blocked no longer; it may be asked for again\n`,
  ]);
  // At once, in both directions.
  again.send(request(SENDER, TARGET));
  await again.verdict(SENDER, TARGET, "valid");
  await using juliet = await third.component(TARGET);
  juliet.say("juliet", `romeo@${SENDER}`, "m2");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m2" });
  assert.equal((await third.api("/blocks")).total, 0);
  assert.equal(await third.stop(), 0);
  using kept = new DatabaseSync(`${directory}/data/run-time.db`, { readOnly: true });
  assert.deepEqual(kept.prepare("SELECT * FROM blocked").all(), []);
});

Deno.test("block: its end is said by API, explain, routes and recheck, with the way to end it; who asked is in the audit log", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console"), viewer = await tokenOf(stage, "viewer");
  const config = ["--config", `${stage.directory}/verona.toml`];
  const run = (...words: string[]) => stage.server.command(...words, ...config);
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  const revoked = (await post(stage, token, "revoke", { block: "1h" })).json;
  assert.deepEqual([revoked.revoked, revoked.blockMs], [{ local: TARGET, remote: SENDER }, 3_600_000]);
  assert.match(revoked.blockedUntil, TIME);
  const minute = revoked.blockedUntil.slice(0, 16).replace("T", " ");
  const until = `blocked until ${minute} UTC by an operator`;
  const lift = `verona revoke ${TARGET} ${SENDER} --lift`;
  const explained = (await ask(stage, `/api/v1/explain?from=${TARGET}&to=${SENDER}`, { token: viewer })).json;
  assert.deepEqual([explained.verdict, explained.cause], ["closed", "policy.revoked"]);
  for (const way of ["out", "in"]) assert.ok(explained.directions[way].sentence.endsWith(until), way);
  for (const id of ["policy", "incoming"]) {
    assert.ok(explained.stages.find((one: { id: string }) => one.id === id).hint.includes(lift), id);
  }
  const [policy] = explained.stages;
  assert.equal(policy.evidence.blockedUntil, revoked.blockedUntil);
  const said = await run("explain", TARGET, SENDER);
  assert.equal(said.code, 4);
  assert.ok(said.stdout.includes(until) && said.stdout.includes(lift), said.stdout);
  assert.match((await run("routes")).stdout, /denied|backoff/);
  assert.match((await run("routes")).stdout, /blocked for 59 min/);
  const looked = await run("recheck", TARGET, SENDER);
  assert.deepEqual([looked.code, looked.stdout], [2, ""]);
  assert.ok(looked.stderr.includes(`nothing is tried: the pair is ${until}`), looked.stderr);
  assert.ok(looked.stderr.includes(lift), looked.stderr);
  assertProblem(await post(stage, token, "recheck"), 409, "policy.revoked");
  const listed = await run("revoke");
  assert.match(listed.stdout, new RegExp(`${TARGET} +${SENDER} +${minute} UTC +59 min`));
  assertProblem(await post(stage, viewer, "lift"), 403, "api.role");
  assert.equal((await post(stage, token, "lift")).status, 200);
  assertProblem(await post(stage, token, "lift"), 404, "api.no-block");
  assert.equal((await run("revoke")).stdout, "no pair is blocked\n");
  const { audit } = (await ask(stage, "/api/v1/audit", { token })).json;
  assert.deepEqual(
    audit.map(({ what, status }: { what: string; status: number }) => [what, status]),
    [
      [`POST ${PAIR}/lift`, 404],
      [`POST ${PAIR}/lift`, 200],
      [`POST ${PAIR}/lift`, 403],
      [`POST ${PAIR}/recheck`, 409],
      [`POST ${PAIR}/recheck`, 409],
      [`POST ${PAIR}/revoke`, 200],
    ],
  );
});

Deno.test("block: the last word counts, 0s is none, and what is wrong says which option and why", async () => {
  await using stage = await Stage.open();
  const config = ["--config", `${stage.directory}/verona.toml`];
  const revoke = (...words: string[]) => stage.server.command("revoke", ...words, ...config);
  const o = await stage.initiateWith();
  assert.match(
    (await revoke(TARGET, SENDER)).stdout,
    /is revoked, and blocked until .* UTC; --lift ends that\n$/,
  );
  await o.verdict(SENDER, TARGET, "invalid");
  const none = await revoke(TARGET, SENDER, "--block", "0s");
  assert.equal(none.stdout, `${TARGET} <-> ${SENDER} is revoked; it may be asked for again at once\n`);
  o.send(request(SENDER, TARGET));
  await o.verdict(SENDER, TARGET, "valid");
  for (
    const [words, message] of [
      [[TARGET, SENDER, "--block", "1parsec"], /--block "1parsec" is not a duration up to 24h/],
      [[TARGET, SENDER, "--block", "25h"], /--block "25h" is not a duration up to 24h/],
      [[TARGET, SENDER, "--block", "1h", "--lift"], /--lift ends a block, --block begins one/],
      [[TARGET], /which remote domain\?/],
      [["--lift"], /which pair\?/],
      [[TARGET, SENDER, "--lift"], /this pair is not blocked/],
      [[TARGET, "nobody.example"], /there is no such pair/],
    ] as const
  ) {
    const { code, stderr } = await revoke(...words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  assert.equal((await stage.server.route(TARGET, SENDER)).state, "authorised");
});

Deno.test("block: it ends by itself", async () => {
  await using stage = await Stage.open({ movedClock: true });
  const o = await stage.initiateWith();
  await stage.server.api(`${PAIR.slice(7)}/revoke`, "POST", { block: "10m" });
  await o.verdict(SENDER, TARGET, "invalid");
  o.send(request(SENDER, TARGET));
  await o.denial(SENDER, TARGET, "cancel", "not-allowed");
  await stage.server.advance(601_000);
  assert.equal((await stage.server.api("/blocks")).total, 0);
  o.send(request(SENDER, TARGET));
  await o.verdict(SENDER, TARGET, "valid");
});

Deno.test("run time: a domain that is suspended and one that is removed stay so after a restart of the process; routes says suspended, not when it is retried", async () => {
  await using stage = await Stage.open();
  const { directory, server } = stage;
  await server.api(`/domains/${TARGET}/suspend`, "POST", {});
  await server.api("/domains/other-target.example", "DELETE");
  assert.equal(await server.stop(), 0);
  await using second = await VeronaServer.start(directory, server.settings);
  const o = await initiateTo(stage, second);
  o.send(request(SENDER, TARGET));
  await o.denial(SENDER, TARGET, "cancel", "not-allowed");
  o.send(request(SENDER, "other-target.example"));
  await o.denial(SENDER, "other-target.example", "cancel", "item-not-found");
  await using juliet = await second.component(TARGET);
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  await juliet.message({ id: "m1", type: "error" });
  const row = await second.route(TARGET, SENDER);
  assert.deepEqual([row.state, row.refusal, row.nextAttemptAt], ["denied", "policy.suspended", null]);
  const { stdout } = await second.command("routes", "--config", `${directory}/verona.toml`);
  assert.match(stdout, /denied +suspended/);
  assert.doesNotMatch(stdout, /retry/);
});
