/** console.md E1, E2: each injected fault has one right cause, and every outlet names it. */
import assert from "node:assert/strict";
import { CAUSES } from "../../facts/cause.ts";
import type { Explanation } from "../../observe/contract.ts";
import { Ground, LOCAL, remoteOf } from "./ground.ts";
import { incomingFaults } from "./incoming.ts";
import { INJECTIONS } from "./inject.ts";
import { askAll, mark } from "./outlets.ts";
import { type InjectedFault, injectedFaults } from "./table.ts";

/** The steps of `verona check` that belong to each stage of the table; the page's have the stage's own name. */
const CHECKED: Readonly<Record<InjectedFault["stage"], RegExp>> = {
  dns: /^dns\./,
  tcp: /^tcp\./,
  tls: /^tls\./,
  proof: /^proof\./,
  pair: /^dialback\.result$/,
};

Deno.test("E1: the table has twelve faults or more, all different, each with a cause that is on the list", () => {
  assert.ok(injectedFaults.length >= 12);
  assert.equal(new Set(injectedFaults.map(({ id }) => id)).size, injectedFaults.length);
  assert.deepEqual(Object.keys(INJECTIONS).sort(), injectedFaults.map(({ id }) => id).sort());
  for (const { cause, owner } of injectedFaults) {
    assert.equal((CAUSES as Record<string, { fault: string }>)[cause]?.fault, owner, cause);
  }
});

Deno.test("E1, E2: log, metric, API, commands and page name the same right cause, stage and owner", async (t) => {
  await using ground = await Ground.open();
  const { server, component } = await ground.underTest();
  for (const { id, fault, cause, stage, owner } of injectedFaults) {
    await t.step(`${fault}: ${cause}`, async () => {
      await using _injected = await INJECTIONS[id]!(ground);
      const [remote, before] = [remoteOf(id), await mark(server)];
      component.say("romeo", `juliet@${remote}`, id);
      const bounce = await component.message({ id, type: "error" });
      assert.ok(bounce.raw.includes(CAUSES[cause as keyof typeof CAUSES].text), bounce.raw);
      const { causes, owners, stages } = await askAll(server, LOCAL, remote, before);
      for (const [outlet, named] of Object.entries(causes)) assert.deepEqual(named, [cause], outlet);
      for (const [outlet, named] of Object.entries(owners)) assert.deepEqual(named, [owner], outlet);
      assert.match(stages["command check"] ?? "none", CHECKED[stage]);
      assert.equal(stages["page why"], stage);
    });
  }
});

Deno.test("E2: of who calls us and is denied, explain says the cause of the log, with its evidence", async (t) => {
  await using ground = await Ground.open();
  const { server } = await ground.underTest();
  const denied = incomingFaults.filter(({ metric }) => metric.includes("pair_decisions"));
  assert.ok(denied.length >= 4);
  for (const { id, fault, cause, names, call } of denied) {
    await t.step(`${fault}: ${cause}`, async () => {
      const line = server.log.length;
      await using _caller = await call(ground);
      const remote = remoteOf(id);
      const { condition, ts } = await server.told({ event: "pair.denied", remote, cause }, line);
      const { verdict, headline, directions, stages }: Explanation = await server.api(
        `/explain?from=${LOCAL}&to=${remote}`,
      );
      assert.deepEqual([verdict, directions.in.verdict, directions.in.cause], ["closed", "closed", cause]);
      assert.ok(headline.includes(`${names} -> ${LOCAL} is closed: `), headline);
      const evidence = stages.find(({ id }) => id === "incoming")!.evidence as Record<string, unknown>;
      assert.deepEqual(
        [evidence.decision, evidence.decidedAt, evidence.condition, evidence.fault],
        ["denied", ts, condition, CAUSES[cause as keyof typeof CAUSES].fault],
      );
    });
  }
});
