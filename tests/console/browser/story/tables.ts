/** Connections and pairs of the demo. console.md 6 B, C. */
import assert from "node:assert/strict";
import type { ConnectionList, RouteList } from "../../../../observe/contract.ts";
import { row, test } from "./scene.ts";

test("B1: the demo's connection shows its id, the server's names and the delegated names", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections");
  const { connections } = await place.ask<ConnectionList>("/connections");
  const [connection] = connections;
  const shown = page.locator(".grid-row", { hasText: connection!.id });
  await shown.waitFor();
  const text = await shown.innerText();
  for (
    const name of [
      connection!.id,
      ...connection!.serverNames,
      ...connection!.delegated.map(({ domain }) => domain),
    ]
  ) {
    assert(text.includes(name), `${name} in ${text}`);
  }
  await visitor.pictures("connections");
  visitor.assertQuiet();
});

test("C1: local, remote and the ordered connections are the server's own", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/routes");
  const { routes } = await place.ask<RouteList>("/routes");
  await row(visitor, "other-sender.tld").waitFor();
  assert.equal(await page.locator(".grid-row").count(), routes.length);
  const open = routes.find(({ state }) => state === "authorised")!;
  const cells = await row(visitor, open.local).locator("[role=gridcell], [role=rowheader]").allInnerTexts();
  assert.deepEqual(cells.slice(0, 2), [open.local, open.remote]);
  assert.deepEqual([...cells[3]!.matchAll(/c-\d+/g)].map(([id]) => id), [
    ...new Set([...open.send, ...open.recv]),
  ]);
  await visitor.pictures("routes");
  visitor.assertQuiet();
});

test("C6: links between route and connection work both ways", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/routes");
  await row(visitor, "other-sender.tld").locator(".carrier a").first().click();
  await page.waitForURL(/\/connections\/c-\d+$/);
  await page.locator(".entry", { hasText: "authorised sender.tld" }).first().click();
  await page.locator(".detail a", { hasText: "sender.tld" }).click();
  await page.waitForURL(/\/routes\/sender\.tld\/target\.tld/);
  visitor.assertQuiet();
});

test("C5: a route's page has its own statechart with one active leaf, and the history", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/routes/sender.tld/bogus.tld");
  await page.locator("svg.chart [data-leaf]").waitFor();
  assert.equal(await page.locator("svg.chart [data-leaf]").count(), 1);
  assert.match(await page.locator("svg.chart").getAttribute("aria-label") ?? "", /^route: active backoff/);
  assert.match(await visitor.text(".timeline"), /SRV bogus\.tld/);
  await visitor.pictures("route");
  visitor.assertQuiet();
});
