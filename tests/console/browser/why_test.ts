/** Why a pair does not open, in both directions, by the faults of tests/faults: what the page says. console.md 6 E1, E2. */
import assert from "node:assert/strict";
import { CAUSES } from "../../../facts/cause.ts";
import { Ground, LOCAL, remoteOf } from "../../faults/ground.ts";
import { incomingFaults } from "../../faults/incoming.ts";
import { INJECTIONS } from "../../faults/inject.ts";
import { injectedFaults } from "../../faults/table.ts";
import type { VeronaServer } from "../../harness/verona.ts";
import type { Component } from "../../peer/component.ts";
import { type Place, scene } from "./fixture.ts";
import type { Visitor } from "./visitor.ts";

interface Set extends Place {
  readonly ground: Ground;
  readonly server: VeronaServer;
  readonly component: Component;
}

async function open(stack: AsyncDisposableStack): Promise<Set> {
  const ground = stack.use(await Ground.open());
  const { server, component } = await ground.underTest();
  const token = (await Deno.readTextFile(`${server.directory}/data/console.token`)).trim();
  return { origin: server.console, token, ground, server, component };
}

const test = scene(open);

interface Reason {
  readonly headline: string;
  readonly cause: string | null;
  readonly stage: string | null;
  readonly passed: readonly (string | null)[];
  readonly owner: string | null;
  readonly why: string;
}

/** From the list of failures to the reason of one, as one goes who looks for it. */
async function reasonOf(
  visitor: Visitor,
  cause: string,
  name: string,
  direction: "in" | "out",
): Promise<Reason> {
  const page = await visitor.go("/failures");
  await page.locator(`[data-group="${cause}"] a[href$="~${direction}"]`, { hasText: name }).click();
  const why = page.locator(".why-page");
  await why.waitFor();
  const verdicts = (verdict: string) =>
    page.locator(`.where [data-verdict=${verdict}]`).evaluateAll((all) =>
      all.map((one) => one.getAttribute("data-stage"))
    );
  const failed = await verdicts("fail");
  assert.equal(failed.length, 1, failed.join());
  return {
    headline: await why.locator("h1").innerText(),
    cause: await why.getAttribute("data-cause"),
    stage: failed[0]!,
    passed: await verdicts("ok"),
    owner: await why.locator("[data-fault]").getAttribute("data-fault"),
    why: await why.innerText(),
  };
}

const BEFORE = {
  in: ["tcp", "tls", "stream", "dns", "proof", "pair"],
  out: ["dns", "tcp", "tls", "stream", "proof", "pair"],
} as const;

test("E1: of twelve faults at whom we call the page says cause, stage and whose it is", async ({ visit, place }) => {
  const { ground, component } = place;
  await using visitor = await visit();
  for (const { id, cause, stage, owner } of injectedFaults) {
    await using _injected = await INJECTIONS[id]!(ground);
    const remote = remoteOf(id);
    component.say("romeo", `juliet@${remote}`, id);
    await component.message({ id, type: "error" });
    const seen = await reasonOf(visitor, cause, remote, "out");
    assert.deepEqual([seen.cause, seen.stage, seen.owner], [cause, stage, owner], id);
    assert.deepEqual(seen.passed, BEFORE.out.slice(0, BEFORE.out.indexOf(stage)), id);
    const { text } = CAUSES[cause as keyof typeof CAUSES];
    assert.ok(seen.headline.includes(`${LOCAL} cannot reach ${remote}: ${text}`), seen.headline);
  }
  await visitor.pictures("why-out");
  visitor.assertQuiet();
});

test("E1, E2: of the faults at who calls us the page says cause, stage and whose it is; log, metric and API name the same cause", async ({ visit, place }) => {
  const { ground, server } = place;
  await using visitor = await visit();
  for (const { id, cause, stage, owner, names, metric, call } of incomingFaults) {
    const line = server.log.length;
    const counted = () => valueOf(server, metric.replace("CAUSE", cause.replace(".", "\\.")));
    const before = await counted();
    await using _caller = await call(ground);
    await server.told({ cause }, line);
    await server.eventually(`the metric of ${id}`, async () => await counted() > before);
    const { failures } = await server.api("/failures?group=cause");
    const group = failures.find(({ key }: { key: string }) => key === cause);
    assert.ok(group.failures.some(({ id }: { id: string }) => id === `${cause}~${names}~in`), id);
    const seen = await reasonOf(visitor, cause, names, "in");
    assert.deepEqual([seen.cause, seen.stage, seen.owner], [cause, stage, owner], id);
    assert.deepEqual(seen.passed, BEFORE.in.slice(0, BEFORE.in.indexOf(stage)), id);
    assert.ok(seen.headline.includes(names), seen.headline);
    assert.ok(seen.headline.includes(CAUSES[cause as keyof typeof CAUSES].text), seen.headline);
  }
  await visitor.pictures("why-in");
  const denied = remoteOf("unknown-algorithm");
  const page = await visitor.go(`/routes/${LOCAL}/${denied}?tab=why`);
  const headline = await page.locator(".headline").innerText();
  assert.ok(headline.includes(`${denied} -> ${LOCAL} is closed: `), headline);
  await page.locator("[data-stage=incoming][data-verdict=fail]").waitFor();
  await visitor.pictures("explain-in");
  assert.deepEqual(await visitor.axe(), []);
  visitor.assertQuiet();
});

/** The sum of the series that match. */
async function valueOf({ console }: VeronaServer, series: string): Promise<number> {
  const text = await (await fetch(`${console}/metrics`)).text();
  return text.split("\n").filter((line) => new RegExp(series).test(line)).reduce(
    (sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)),
    0,
  );
}
