// deno-lint-ignore-file no-explicit-any
/** Overview, failures and their reasons. console.md 6 A, E. */
import assert from "node:assert/strict";
import type { FailureList, Overview } from "../../../../observe/contract.ts";
import type { Visitor } from "../visitor.ts";
import { test } from "./scene.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const navigator: any;

test("A1, A7: each tile links to the list that it counts, and the counts are the same", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/");
  for (const tile of ["connections", "authorised", "denied"]) {
    // Pairs come and go meanwhile: what counts is that both say the same of one moment.
    await visitor.until(`the tile ${tile} and its list agree`, async () => {
      await page.locator(`[data-tile=${tile}]`).waitFor();
      const number = await visitor.text(`[data-tile=${tile}] b`);
      await page.locator(`[data-tile=${tile}]`).click();
      await page.locator(".grid:not(.dimmed):not([aria-rowcount='-1'])").waitFor();
      const [listed] = (await visitor.text("[data-counts]")).split(" ");
      await page.goBack();
      return listed === number;
    });
  }
  await visitor.until("the total of the API", async () => {
    const { totals } = await place.ask<Overview>("/overview");
    return await visitor.text("[data-tile=connections] b") === String(totals.connections);
  });
  visitor.assertQuiet();
});

test("A3, E1: a denial stands under 'Needs attention', and its why says cause, stage and whose fault it is", async ({ visit, place }) => {
  await using visitor = await visit();
  const { failures } = await place.ask<FailureList>("/failures");
  const page = await visitor.go("/");
  const wanted = {
    "dns.bogus": ["dns", "dns"],
    "peer.denied": ["pair", "peer"],
    "peer.revoked": ["pair", "peer"],
  } as const;
  for (const [cause, [stage, fault]] of Object.entries(wanted)) {
    assert(failures.some(({ key }) => key === cause), cause);
    await page.locator("[data-attention]", { hasText: cause }).getByRole("link", { name: "why" }).click();
    await page.locator(`.why-page[data-cause="${cause}"], .why-page .pill.good`).first().waitFor();
    assert.equal(await page.locator(".where [data-verdict=fail]").first().getAttribute("data-stage"), stage);
    assert.equal(await page.locator("[data-fault]").getAttribute("data-fault"), fault);
    await visitor.pictures(`why-${cause}`);
    await page.goBack();
  }
  visitor.assertQuiet();
});

test("A5: a chart's numbers are to be had as a table", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/");
  await page.locator(".plot canvas").waitFor();
  await page.getByRole("button", { name: "As table" }).click();
  assert.match(await visitor.text(".figure table"), /granted[\s\S]*denied/);
  visitor.assertQuiet();
});

test("E3: the report that is copied has the cause and what to do, and no secret", async ({ visit, place }) => {
  await using visitor = await visit();
  const { failures } = await place.ask<FailureList>("/failures");
  const bogus = failures.find(({ key }) => key === "dns.bogus")!.failures[0]!;
  const page = await visitor.go(`/failures/${encodeURIComponent(bogus.id)}`);
  await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: visitor.origin });
  await page.getByRole("button", { name: "Copy report" }).click();
  const text: string = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /dns\.bogus/);
  assert.match(text, /bogus\.tld/);
  assert(!text.includes("a secret of the demo") && !text.includes(place.token));
});

test("E5: 'Check now' is for operators alone, is a POST, and no other page can ask for it", async ({ visit, strange, place }) => {
  const { failures } = await place.ask<FailureList>("/failures");
  const { id } = failures.find(({ key }) => key === "dns.bogus")!.failures[0]!;
  const why = `/failures/${encodeURIComponent(id)}`, recheck = "/api/v1/routes/sender.tld/bogus.tld/recheck";
  const button = ({ page }: Visitor) => page.getByRole("button", { name: "Check now" });
  const post = ({ page }: Visitor, url: string) =>
    page.evaluate(
      (url) =>
        fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })
          .then(({ status }) => status),
      url,
    );
  await using operator = await visit();
  await operator.go(why);
  const [asked] = await Promise.all([
    operator.page.waitForResponse((answer) => answer.url().endsWith("/recheck")),
    button(operator).click(),
  ]);
  assert.deepEqual([asked.request().method(), new URL(asked.url()).pathname, asked.status()], [
    "POST",
    recheck,
    200,
  ]);
  assert.equal(await operator.page.evaluate((url) => fetch(url).then(({ status }) => status), recheck), 405);
  await using viewer = await strange();
  const token = await Deno.readTextFile(
    place.stage.originating.tokenFile.replace("console.token", "viewer.token"),
  );
  await viewer.context.request.post(`${place.origin}/api/v1/session`, { data: { token: token.trim() } });
  await viewer.go(why);
  await viewer.page.locator(".why-page").waitFor();
  assert.equal(await button(viewer).count(), 0);
  assert.equal(await post(viewer, recheck), 403);
  await viewer.go("/connections/c-1");
  await viewer.page.locator("svg.chart").waitFor();
  assert.equal(await viewer.page.getByRole("button", { name: "Close…" }).count(), 0);
  assert.equal(await post(viewer, "/api/v1/connections/c-1/close"), 403);
  // Asked for by another page in the operator's browser, the session goes along and does not help.
  const crossed = await operator.context.request.post(place.origin + recheck, {
    data: {},
    headers: { origin: "http://elsewhere.example", "sec-fetch-site": "cross-site" },
  });
  assert.equal(crossed.status(), 403);
});

test("the plots' file comes with the overview, and not before", async ({ visit }) => {
  await using visitor = await visit();
  const asked: string[] = [];
  visitor.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const page = await visitor.go("/connections");
  await visitor.settled();
  assert(asked.includes("/assets/app.js") && !asked.includes("/assets/plot.js"), asked.join());
  await page.locator(".side a", { hasText: "Overview" }).click();
  await page.locator(".plot canvas").waitFor();
  assert(asked.includes("/assets/plot.js"));
  visitor.assertQuiet();
});
