/** A server from its first minute on, while somebody looks: nothing, a federation, a peer that is away, no resolver. console.md 6 A, C, E. */
import assert from "node:assert/strict";
import type { Component } from "../../peer/component.ts";
import { TwoServers } from "../../federation/two_servers.ts";
import { type Place, scene } from "./fixture.ts";
import type { Visitor } from "./visitor.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
// deno-lint-ignore no-explicit-any
declare const document: any;

interface Pair extends Place {
  readonly servers: TwoServers;
  readonly romeo: Component;
}

async function open(stack: AsyncDisposableStack): Promise<Pair> {
  const servers = stack.use(await TwoServers.start());
  const romeo = stack.use(await servers.originating.component("sender.example"));
  const { originating } = servers;
  const token = (await Deno.readTextFile(`${originating.directory}/data/console.token`)).trim();
  return { origin: originating.console, token, servers, romeo };
}

const test = scene(open);

const ROUTE = ["sender.example", "target.example"] as const;

/** Fails when the page was loaded anew. */
async function mark({ page }: Visitor): Promise<() => Promise<void>> {
  await page.evaluate(() => (document.body.dataset.marked = "yes"));
  return async () => assert.equal(await page.evaluate(() => document.body.dataset.marked), "yes");
}

test("A6, A2: a quiet server says so; the first federation raises 'Connections' by one without a reload", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/");
  await page.locator(".empty", { hasText: "No federation yet" }).waitFor();
  assert.match(await visitor.text(".empty .command"), /verona check/);
  assert.equal(await page.locator(".tile, .plot").count(), 0);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("quiet");
  const stayed = await mark(visitor);
  await using juliet = await place.servers.receiving.component("target.example");
  place.romeo.say("romeo", "juliet@target.example", "first");
  await juliet.message({ id: "first" });
  const tile = page.locator("[data-tile=connections] b");
  await visitor.until(
    "one connection",
    async () => await tile.count() === 1 && await tile.innerText() === "1",
  );
  assert.equal((await place.servers.originating.connections()).length, 1);
  await stayed();
  visitor.assertQuiet();
});

test("C3, E2, E4: a peer that is away: countdown and number of the next attempt, the same cause everywhere; when it is back, 'Check now' finds it recovered", async ({ visit, place }) => {
  const { servers, romeo } = place;
  const { originating } = servers;
  await servers.kill();
  romeo.say("romeo", "juliet@target.example", "in vain");
  await using visitor = await visit();
  const page = await visitor.go(`/routes/${ROUTE.join("/")}`);
  await visitor.until("the countdown is the server's own", async () => {
    const { state, failures, nextAttemptAt } = (await originating.route(...ROUTE))!;
    // The first waits are short: a demand when one is over leads to the next, longer one.
    if (state === "backoff" && nextAttemptAt === null) romeo.say("romeo", "juliet@target.example", "again");
    if (state !== "backoff" || nextAttemptAt === null) return false;
    const shown = page.locator("[data-countdown]");
    const text = await shown.count() === 1 ? await shown.innerText() : "";
    const [matched, , number] = /^(?:in ([\d.]+) m?s|now), number (\d+)$/.exec(text) ?? [];
    return matched !== undefined && Number(number) === failures + 1;
  });
  await visitor.pictures("route-backoff");
  const cause = await causeEverywhere(visitor, place);
  assert.equal(cause, "tcp.refused");
  const stayed = await mark(visitor);
  await servers.revive();
  await page.getByRole("button", { name: "Check now" }).click();
  await page.locator(".why-page .pill.good", { hasText: "recovered" }).waitFor();
  await stayed();
  await visitor.pictures("why-recovered");
  visitor.assertQuiet();
});

test("C8: what waits while a peer is silent is counted, and nothing waits when it speaks again", async ({ visit, place }) => {
  const { servers: { originating, receiving }, romeo } = place;
  for (const { id } of await originating.connections()) {
    await originating.api(`/connections/${id}/close`, "POST", {});
  }
  await originating.connected(0);
  await using juliet = await receiving.component("target.example");
  await using visitor = await visit();
  Deno.kill(receiving.process.pid, "SIGSTOP");
  try {
    romeo.say("romeo", "juliet@target.example", "waits");
    await originating.eventually(
      "a stanza waits",
      async () => (await originating.route(...ROUTE))?.queued === 1,
    );
    const page = await visitor.go(`/routes/${ROUTE.join("/")}`);
    await page.locator(".facts", { hasText: "1 stanza," }).waitFor();
    await visitor.pictures("route-waiting");
    Deno.kill(receiving.process.pid, "SIGCONT");
    await page.locator(".facts", { hasText: "empty" }).waitFor();
    await page.locator(".head .pill.good", { hasText: "authorised" }).waitFor();
  } finally {
    Deno.kill(receiving.process.pid, "SIGCONT");
  }
  await juliet.message({ id: "waits" });
  visitor.assertQuiet();
});

/** In log, metric, API, commands and page; leaves the page at the reason. */
async function causeEverywhere(visitor: Visitor, { servers: { originating } }: Pair): Promise<string> {
  const { page } = visitor;
  const { reason } = (await originating.route(...ROUTE))!;
  await originating.told({ event: "connection.failed", cause: reason });
  const metrics = await (await fetch(`${originating.console}/metrics`)).text();
  assert.match(metrics, new RegExp(`xmpp_s2s_route_failures\\{cause="${reason}"\\} 1`));
  for (const words of [["explain", ...ROUTE], ["check", ROUTE[1], "--from", ROUTE[0]]]) {
    const { stdout, stderr } = await originating.command(...words, "--json");
    assert.equal(JSON.parse(stdout).cause, reason, `${words.join(" ")}\n${stderr}`);
  }
  await visitor.go("/failures");
  await page.locator(`[data-group="${reason}"] a`).click();
  await page.locator(`.why-page[data-cause="${reason}"]`).waitFor();
  return reason;
}

test("A4: without a resolver the server is DEGRADED, says why, and is HEALTHY again with one", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/");
  await page.locator("[data-health=healthy]").waitFor();
  const stayed = await mark(visitor);
  place.servers.world.dns.outage({ kind: "servfail" });
  await page.locator("[data-health=degraded]").waitFor();
  assert.match(await visitor.text(".banner.bad"), /root/);
  assert.match(await visitor.text("[data-health]"), /DEGRADED/);
  await visitor.pictures("degraded");
  assert.deepEqual(await visitor.axe(), []);
  place.servers.world.dns.resume();
  await page.locator("[data-health=healthy]").waitFor();
  await stayed();
  visitor.assertQuiet();
});
