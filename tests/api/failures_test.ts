/** What fails, grouped, and why. console.md 3.5, 6 E. */
import assert from "node:assert/strict";
import { type Cause, CAUSES } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import { Failures } from "../../observe/failures/failures.ts";
import { stageOf, stagesOf } from "../../observe/failures/stages.ts";
import { whyOf } from "../../observe/failures/why.ts";
import { Recorder } from "../../observe/recorder.ts";
import type { ServerView } from "../../observe/view.ts";
import { granted, Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import { ask, assertProblem, TIME, tokenOf } from "./ask.ts";

const HOUR = 3_600_000;

const event = (type: RecordedEvent["type"], more: Partial<RecordedEvent>): RecordedEvent => ({
  type,
  seq: 1,
  at: "",
  ...more,
});
const pair = (remote: string, local = "target.example") => ({ local, remote });
const denied = (remote: string, cause: Cause, more: Partial<RecordedEvent> = {}) =>
  event("pair.denied", {
    pair: pair(remote),
    cause,
    detail: { direction: "in", peer: "192.0.2.1" },
    ...more,
  });
const backoff = (remote: string, cause: Cause) =>
  event("route.state", { pair: pair(remote), cause, detail: { state: "backoff" } });

Deno.test("failures: a denied pair, with its why: cause, who, next, a command, evidence, how far it came", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  for (const remote of ["bogus.example", "unsigned.example"]) {
    o.send(request(remote, "target.example"));
    await o.verdict(remote, "target.example", "error");
  }
  const token = await tokenOf(stage, "viewer");
  const get = async (path: string) => (await ask(stage, `/api/v1${path}`, { token })).json;
  const { failures, attempts, total, next } = await get("/failures");
  assert.deepEqual([total, attempts, next], [2, 2, null]);
  assert.deepEqual(failures.map(({ key }: { key: string }) => key).sort(), ["dns.bogus", "dns.insecure"]);
  const group = failures.find(({ key }: { key: string }) => key === "dns.bogus");
  assert.deepEqual([group.domains, group.pairs, group.attempts, group.fault], [1, 1, 1, "dns"]);
  assert.equal(group.series.at(-1), 1);
  assert.match(group.last, TIME);

  const [{ id, remote, recovered }] = group.failures;
  assert.deepEqual([remote, recovered], ["bogus.example", false]);
  const why = await get(`/failures/${encodeURIComponent(id)}`);
  assert.deepEqual([why.cause, why.fault, why.direction, why.remote], [
    "dns.bogus",
    "dns",
    "in",
    "bogus.example",
  ]);
  assert.match(why.what, /We do not let bogus\.example in for target\.example: .*do not verify/);
  assert.equal(why.who, "the DNS operator of the remote domain");
  assert.match(why.next, /delv \+vtrace/);
  assert.match(
    why.verify,
    /^delv @127\.[\d.]+ -p \d+ -a <\(awk .*root\.key'\) \+root=\. \+vtrace _xmpp-server\._tcp\.bogus\.example SRV$/,
  );
  assert.equal(why.evidence.delegation.security, "bogus");
  assert.deepEqual(why.stages.map(({ id, verdict }: { id: string; verdict: string }) => `${id} ${verdict}`), [
    "tcp ok",
    "tls ok",
    "stream ok",
    "dns fail",
    "proof skip",
    "pair skip",
  ]);
  assert.deepEqual(why.pairs, [{ local: "target.example", remote: "bogus.example" }]);
  assert.equal(why.peer, stage.world.peerIp);
  const last = why.events.findLast(({ type }: { type: string }) => type === "pair.denied");
  assert.equal(last.cause, "dns.bogus");
  for (const word of ["dns.bogus", why.verify, why.who]) assert.ok(why.report.includes(word), word);

  for (const by of ["remote", "peer"]) {
    const grouped = await get(`/failures?group=${by}&since=1h`);
    assert.equal(grouped.total, by === "peer" ? 1 : 2, by);
  }
  for (const query of ["group=colour", "since=yesterday", "limit=x"]) {
    assertProblem(await ask(stage, `/api/v1/failures?${query}`, { token }), 400);
  }
  assertProblem(
    await ask(stage, "/api/v1/failures/dns.bogus~nowhere.example~in", { token }),
    404,
    "api.no-failure",
  );
});

Deno.test("failures: what works again is recovered (E4)", async () => {
  await using stage = await Stage.open({ settings: { policy: { block: ["other-sender.example"] } } });
  const o = await stage.initiateWith();
  o.send(request("other-sender.example", "target.example"));
  await o.verdict("other-sender.example", "target.example", "error");
  const token = await tokenOf(stage, "viewer");
  const get = async (path: string) => (await ask(stage, `/api/v1${path}`, { token })).json;
  const [{ failures: [{ id }] }] = (await get("/failures?group=remote")).failures;
  assert.equal(id, "policy.blocked~other-sender.example~in");
  assert.equal((await get(`/failures/${id}`)).recovered, false);
  await stage.server.reload({ ...stage.server.settings, policy: {} });
  await granted(o, "other-sender.example", "target.example");
  const { recovered, history, stages } = await get(`/failures/${id}`);
  assert.deepEqual([recovered, stages.every(({ verdict }: { verdict: string }) => verdict === "ok")], [
    true,
    true,
  ]);
  assert.match(history.lastSuccess, TIME);
});

Deno.test("failures: what nobody has to mend is none, what two events say is one", () => {
  const failures = new Failures(() => HOUR);
  const quiet: RecordedEvent[] = [
    event("connection.closed", { cause: "stream.idle", detail: { direction: "in" } }),
    event("connection.closed", { cause: "operator.closed", detail: { direction: "in" } }),
    event("connection.failed", { cause: "tcp.refused", detail: { direction: "out" } }),
    event("pair.denied", { pair: pair("a.example"), cause: "peer.denied", detail: { direction: "out" } }),
    event("route.state", { pair: pair("a.example"), detail: { state: "authorised" } }),
    event("route.state", { pair: pair("a.example"), cause: "peer.denied", detail: { state: "resolving" } }),
    event("stanza.bounced", { cause: "dns.bogus" }),
  ];
  for (const one of quiet) failures.hear(one);
  assert.deepEqual(failures.groups("cause", 0), []);
  failures.hear(backoff("a.example", "peer.denied"));
  failures.hear(
    event("connection.failed", { cause: "tls.handshake", detail: { direction: "in", peer: "192.0.2.9" } }),
  );
  failures.hear(
    event("component.refused", { cause: "component.handshake", detail: { domain: "c.example" } }),
  );
  assert.deepEqual(failures.groups("cause", 0).map(({ key, attempts }) => [key, attempts]), [
    ["peer.denied", 1],
    ["tls.handshake", 1],
    ["component.handshake", 1],
  ]);
  assert.deepEqual(failures.groups("remote", 0).map(({ key }) => key), ["a.example", "none", "c.example"]);
});

Deno.test("failures: counted by time, by direction, by what one event stands for; a success counts for its direction only", () => {
  let now = 100 * HOUR;
  const failures = new Failures(() => now);
  failures.hear(denied("a.example", "dns.bogus"));
  failures.hear(backoff("a.example", "dns.bogus"));
  now += HOUR;
  failures.hear(denied("a.example", "dns.bogus", { pair: pair("a.example", "other.example") }));
  failures.hear(denied("a.example", "dns.bogus", { detail: { direction: "in", repeated: 40 } }));
  const [group] = failures.groups("cause", 0);
  assert.deepEqual([group!.attempts, group!.domains, group!.pairs, group!.failures.length], [43, 1, 3, 2]);
  assert.equal(failures.groups("cause", now - HOUR / 2)[0]!.attempts, 41);
  assert.deepEqual(group!.series.slice(-5), [2, 0, 0, 0, 41]);
  now += 1000;
  failures.hear(event("pair.authorised", { pair: pair("a.example") }));
  assert.equal(failures.find("dns.bogus~a.example~out")!.recovered, true);
  assert.equal(failures.find("dns.bogus~a.example~in")!.recovered, false);
  now += 30 * HOUR;
  assert.deepEqual(failures.groups("cause", now - 24 * HOUR), []);
  assert.equal(failures.groups("cause", 0)[0]!.series.every((count) => count === 0), true);
});

Deno.test("failures: whatever peers do, so many are remembered, each with so many pairs", () => {
  const failures = new Failures(() => HOUR);
  for (let i = 0; i < 5000; i++) failures.hear(denied(`d${i}.example`, "proof.none"));
  const [group] = failures.groups("cause", 0);
  assert.deepEqual([group!.domains, group!.failures.length], [2000, 50]);
  assert.equal(failures.find("proof.none~d0.example~in"), null);
  for (let i = 0; i < 5000; i++) {
    failures.hear(denied("d4999.example", "proof.none", { pair: pair("d4999.example", `l${i}.example`) }));
  }
  assert.equal(failures.find("proof.none~d4999.example~in")!.pairCount, 1000);
});

Deno.test("failures: every cause has a stage, somebody, something to do and a command; the report keeps hostile names in their place (E6)", () => {
  const view = {
    route: () => null,
    surroundings: () => ({ resolver: null, console: null }),
  } as unknown as ServerView;
  for (const cause of Object.keys(CAUSES) as Cause[]) {
    for (const one of [denied("a.example", cause), backoff("a.example", cause)]) {
      const failures = new Failures(() => HOUR);
      failures.hear(one);
      const [row] = failures.groups("cause", 0)[0]?.failures ?? [];
      if (row === undefined) continue; // nobody has to mend it
      const why = whyOf(failures.find(row.id)!, {
        view,
        recorder: new Recorder(() => 0),
        failures,
        now: () => HOUR,
      });
      for (const text of [why.what, why.who, why.next, why.verify]) {
        assert.ok(text.length > 5, `${cause}: ${text}`);
      }
      const failing = why.stages.filter(({ verdict }) => verdict === "fail");
      assert.deepEqual(failing.map(({ id }) => id), [stageOf(cause)], cause);
    }
  }
  const failures = new Failures(() => HOUR);
  const hostile = "<img src=x>\u001b[2J\u202e'; rm -rf /'.example";
  failures.hear(denied(hostile, "dns.bogus", { detail: { direction: "in", peer: "\u009b31m\nforged" } }));
  const why = whyOf(failures.find(`dns.bogus~${hostile}~in`)!, {
    view,
    recorder: new Recorder(() => 0),
    failures,
    now: () => HOUR,
  });
  assert.equal(why.remote, hostile, "JSON carries it as it is");
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(why.report.replaceAll("\n", ""), /[\u0000-\u001f\u007f-\u009f\u202e]/);
  assert.equal(why.report.split("\n").length, 9);
  assert.doesNotMatch(why.verify, /rm -rf/, "what is no domain is not in a command");
});

Deno.test("failures: what was passed is ok, what was not reached is left out, what works again is all ok", () => {
  const verdicts = (cause: Cause, direction: "in" | "out", recovered = false) =>
    stagesOf(cause, direction, null, "", recovered).map(({ id, verdict }) => `${id} ${verdict}`).join(", ");
  assert.equal(
    verdicts("tls.names", "out"),
    "dns ok, tcp ok, tls fail, stream skip, proof skip, pair skip",
  );
  assert.equal(
    verdicts("proof.delegation", "in"),
    "tcp ok, tls ok, stream ok, dns ok, proof fail, pair skip",
  );
  assert.equal(verdicts("dns.nxdomain", "out", true), "dns ok, tcp ok, tls ok, stream ok, proof ok, pair ok");
});
