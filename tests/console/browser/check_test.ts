/** The Check page against a running server: a real attempt, stage by stage as the command line has them. console.md 3.5, 6 E. */
import assert from "node:assert/strict";
import type { Component } from "../../peer/component.ts";
import { TwoServers } from "../../federation/two_servers.ts";
import { srvOwner } from "../../harness/world.ts";
import { type Place, scene } from "./fixture.ts";
import type { Visitor } from "./visitor.ts";

interface Pair extends Place {
  readonly servers: TwoServers;
  readonly romeo: Component;
}

const test = scene(async (stack: AsyncDisposableStack): Promise<Pair> => {
  const servers = stack.use(await TwoServers.start());
  servers.world.customer("late.example").damage(srvOwner("late.example"), "SRV", "expired");
  const token = (await Deno.readTextFile(`${servers.originating.directory}/data/console.token`)).trim();
  const romeo = stack.use(await servers.originating.component("sender.example"));
  return { origin: servers.originating.console, token, servers, romeo };
});

async function check({ page }: Visitor, domain: string, stage = "pair"): Promise<void> {
  await page.locator("input[name=to]").fill(domain);
  await page.locator("select[name=stage]").selectOption(stage);
  await page.locator(".check-form button[type=submit]").click();
}

const verdicts = ({ page }: Visitor) =>
  page.locator("[data-stage]").evaluateAll((rows: { dataset: Record<string, string> }[]) =>
    rows.map(({ dataset }) => `${dataset.stage} ${dataset.verdict}`)
  );

test("Check: a domain that works, all the way; the address in the bar is that of the form", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/check");
  await check(visitor, "target.example");
  await page.locator(".stages .pill", { hasText: "open" }).waitFor();
  const shown = await verdicts(visitor);
  for (const id of ["dns.secure", "tcp.reach", "tls.names", "proof.delegation", "dialback.result"]) {
    assert(shown.includes(`${id} ok`), shown.join("\n"));
  }
  assert.match(new URL(page.url()).search, /to=target\.example&from=sender\.example&stage=pair/);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("check-open");
  visitor.assertQuiet();
});

test("Check --stage: as far as DNS nobody is dialled, and what lies beyond is skipped", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/check?to=target.example&stage=dns");
  assert.equal(await page.locator("select[name=stage]").inputValue(), "dns");
  const before = place.servers.receiving.log.length;
  await check(visitor, "target.example", "dns");
  await page.locator(".stages .pill", { hasText: "open" }).waitFor();
  const shown = await verdicts(visitor);
  assert(shown.includes("dns.addresses ok") && shown.includes("tcp.reach skip"), shown.join("\n"));
  const skipped = (await page.locator("[data-stage='tcp.reach']").boundingBox())!;
  const said = (await page.locator("[data-stage='dns.srv']").boundingBox())!;
  assert.equal(skipped.x, said.x, "it stands among the others");
  const opened = place.servers.receiving.log.slice(before).filter(({ json }) =>
    String(json?.event).startsWith("connection.")
  );
  assert.deepEqual(opened, []);
});

test("Check 'and back': whether it can reach us stands among the stages, in words and in the address", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/check");
  await page.locator("input[name=back]").check();
  await check(visitor, "target.example");
  await page.locator(".stages .pill", { hasText: "open" }).waitFor();
  assert((await verdicts(visitor)).includes("pair.both-ways ok"));
  assert.match(new URL(page.url()).search, /back=1/);
  assert.deepEqual(await visitor.axe(), []);
  visitor.assertQuiet();
});

test("Check: a signature that has ended: the chain with the link that breaks, its key, its times and its code", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/check");
  await check(visitor, "late.example");
  await page.locator(".stages .cause", { hasText: "dns.bogus" }).waitFor();
  const row = page.locator("[data-stage='dns.secure'][data-verdict=fail]");
  assert.deepEqual(
    await row.locator(".chain .link").evaluateAll((links: { className: string }[]) =>
      links.map(({ className }) => className.replace("link ", ""))
    ),
    ["good", "good", "good", "bad"],
  );
  const broken = await row.locator("[data-part=broken]").innerText();
  for (const words of [/late\.example/, /keyTag\s+\d+/, /Signature Expired/]) assert.match(broken, words);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("check-bogus");
  visitor.assertQuiet();
});

test("explain: what DNS answered stands link by link, lookup by lookup", async ({ visit, place: { servers, romeo } }) => {
  romeo.say("romeo", "juliet@late.example", "in vain");
  await servers.originating.told({ event: "route.state", cause: "dns.bogus" });
  await using visitor = await visit();
  const page = await visitor.go("/routes/sender.example/late.example?tab=why");
  const row = page.locator("[data-stage=dns]");
  await row.waitFor();
  assert(await row.locator("[data-part=lookups] > .evidence-list > li").count() >= 2);
  assert(await row.locator("[data-part=trust] .link").count() >= 3);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("why-dns");
});
