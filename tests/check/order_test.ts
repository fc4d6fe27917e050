/** The lines of a check stand in the order in which a federation comes about, whatever is found out first. console.md 3.5. */
import assert from "node:assert/strict";
import { groupOf } from "../../check/depth.ts";
import { type StageId, STAGES } from "../../check/stage.ts";
import { Telling } from "../../check/telling.ts";
import type { Stage } from "../../observe/contract.ts";
import { RECEIVING, type World } from "../harness/world.ts";
import { Checker, stageOf } from "./checker.ts";

const GROUPS = ["DNS", "TCP", "TLS", "PROOF", "PAIR", "CLOCK"];

/** Nobody listens there. */
const withIpv6 = (world: World) => void world.zone("receiving.example").set(RECEIVING, "AAAA", ["::1"]);

Deno.test("check: an address of IPv6 that nobody answers at stands under TCP, before TLS, each group once", async () => {
  await using checker = await Checker.open({ prepare: withIpv6 });
  const { code, stdout } = await checker.run({ env: { LC_ALL: "C" } }, "target.example");
  assert.equal(code, 0, stdout);
  const labels = stdout.split("\n").flatMap((line) =>
    /^([A-Z]+) +(?:ok|warn|FAIL|skip|\?) /.exec(line)?.[1] ?? []
  );
  assert.deepEqual(labels, GROUPS, stdout);
  const lines = stdout.split("\n").filter((line) =>
    / (?:dns|tcp|tls|stream|proof|dialback|clock)\.[a-z0-9-]+$/.test(line)
  );
  const at = (id: string) => lines.findIndex((line) => line.endsWith(id));
  assert.match(lines[at("tcp.ipv6")]!, /warn ::1 port 5269: tcp\./);
  assert(at("tcp.reach") < at("tcp.ipv6") && at("tcp.ipv6") < at("tls.offered"), stdout);
  assert.match(stdout, /\n1 warning\. Federation works\./);
});

Deno.test("check dialback.offered: by the feature, and for Prometheus", async () => {
  await using checker = await Checker.open();
  const { report } = await checker.report("target.example");
  assert.deepEqual(stageOf(report, "dialback.offered").evidence, { offered: true });
  const { stdout } = await checker.run("target.example", "--format", "prometheus");
  assert.match(stdout, /\nprobe_dialback_offered\{target="target\.example"\} 1\n/);
});

/** A stage that is decided. */
const stage = (id: StageId): Stage => ({
  id,
  title: STAGES[id],
  verdict: "ok",
  evidence: null,
  elapsedMs: null,
  hint: null,
});

Deno.test("check: a stage waits for all of the groups before its own; what never came is said at the end", () => {
  const said: string[] = [];
  const telling = new Telling(({ id }) => said.push(id));
  const decided: Stage[] = [];
  const now = (...ids: StageId[]) => {
    decided.push(...ids.map(stage));
    telling.decided(decided);
  };
  now("tls.offered", "tcp.reach", "dns.srv");
  assert.deepEqual(said, ["dns.srv"]);
  now("dns.secure", "dns.addresses");
  assert.deepEqual(said, ["dns.srv", "dns.secure", "dns.addresses", "tcp.reach"]);
  assert(!said.includes("tls.offered"));
  now("tcp.ipv6", "stream.open");
  assert(said.includes("tls.offered"));
  const all = (Object.keys(STAGES) as StageId[]).filter((id) => id !== "policy").map(stage);
  telling.over(all);
  assert.deepEqual(said.toSorted(), all.map(({ id }) => id).toSorted());
  const groups = said.map((id) => groupOf(id as StageId));
  assert.deepEqual(groups.filter((group, n) => group !== groups[n - 1]), [
    "dns",
    "tcp",
    "tls",
    "proof",
    "pair",
    "clock",
  ]);
});
