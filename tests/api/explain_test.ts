/** Who asks why a pair is open or not changes nothing of the server. Issue 6: "touches nothing live: live counters do not change". */
import assert from "node:assert/strict";
import { granted, Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import { ask } from "./ask.ts";

/** What moves by itself: the process, the event loop, and the console that is being used. */
const OWN = /^(?:# |process_|verona_(?:event_loop|console|recorder_one_in|deno|memory|uptime))/;

async function counters(stage: Stage): Promise<string[]> {
  const { text } = await ask(stage, "/metrics");
  return text.split("\n").filter((line) => line !== "" && !OWN.test(line));
}

/** Readiness asks for the root's keys, once in five seconds, whoever scrapes. */
const HEALTH = /^xmpp_s2s_dns_query_duration_seconds_count\{qtype="DNSKEY"/;

/** The counters before and after, with no question of readiness between them. */
async function around(stage: Stage, act: () => Promise<unknown>): Promise<[string[], string[]]> {
  for (let left = 5;; left--) {
    const before = await counters(stage);
    await act();
    const after = await counters(stage);
    if (left === 0 || healthOf(after) === healthOf(before)) return [before, after];
  }
}

const healthOf = (lines: readonly string[]): string => lines.filter((line) => HEALTH.test(line)).join();

Deno.test("explain: of an open pair, a denied one, one that was never asked for and a domain that is not there, no counter of the server moves and no event is told", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  o.send(request("unsigned.example", "target.example"));
  await o.verdict("unsigned.example", "target.example", "error");
  await stage.server.told({ event: "pair.denied", remote: "unsigned.example" });
  const remotes = ["sender.example", "unsigned.example", "bogus.example", "nowhere.example"];
  const explain = async () => {
    for (const remote of remotes) await stage.server.api(`/explain?from=target.example&to=${remote}`);
  };
  const told = stage.server.log.length;
  const [before, after] = await around(stage, explain);
  assert.ok(before.some((line) => /^xmpp_s2s_dns_questions_total [1-9]/.test(line)), before.join("\n"));
  assert.deepEqual(after, before);
  // Whatever was told before this is in the log before it.
  await granted(o, "other-sender.example", "target.example");
  await stage.server.told({ event: "pair.granted", remote: "other-sender.example" });
  const since = stage.server.log.slice(told).map(({ text }) => text);
  assert.deepEqual(since.filter((line) => /nowhere|bogus|unsigned|"sender/.test(line)), []);
});
