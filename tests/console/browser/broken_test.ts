// deno-lint-ignore-file no-explicit-any
/** What the page does with answers that it cannot draw: one part fails, says so, and is drawn again on demand. console.md 2.3. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { gatherCrowd } from "./crowd.ts";
import { scene } from "./fixture.ts";
import type { Theme, Visitor } from "./visitor.ts";

// What stands in evaluate() and in an init script runs in the page; its types would change those of everything else.
declare const document: any, Document: any;

const test = scene(gatherCrowd);

/** Changes what the server answers, as a proxy that is broken would. Nothing is pushed: only the answers count. */
async function answering(
  page: Page,
  path: RegExp,
  change: (answer: any) => unknown,
): Promise<() => Promise<void>> {
  await page.routeWebSocket(/\/ws/, () => {});
  await page.route(path, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change(await response.json()) });
  });
  return () => page.unroute(path);
}

const failure = (page: Page, what: string) => page.locator(`[data-failed='${what}']`);

/** The page said to the browser's console what failed, and nothing else was wrong. */
function assertTold({ complaints }: Visitor, what: RegExp): void {
  assert(complaints.length > 0);
  assert.deepEqual(complaints.filter((complaint) => !what.test(complaint)), []);
}

for (const theme of ["light", "dark"] as Theme[]) {
  test(`an overview that cannot be drawn takes nothing else with it, and is drawn again on demand: ${theme}`, async ({ visit }) => {
    await using visitor = await visit({ theme });
    const { page } = visitor;
    const mend = await answering(page, /\/api\/v1\/overview$/, () => ({}));
    await visitor.go("/");
    await failure(page, "this page").waitFor();
    assert.match(
      await visitor.text("[data-failed]"),
      /This page cannot be drawn[\s\S]*undefined[\s\S]*Draw it again/,
    );
    assert.deepEqual(await visitor.axe(), []);
    await visitor.picture(`failed-page-${theme}`);
    await page.locator("[data-mishap]", { hasText: "counts beside the sections" }).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.locator("[data-mishap]").waitFor({ state: "detached" });
    await page.locator(".side a", { hasText: "Connections" }).click();
    await page.locator(".grid-row .cell").first().waitFor();
    assert.equal(await page.locator("[data-failed]").count(), 0);
    await page.keyboard.press("Control+k");
    await page.locator("dialog [role=option]").first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".side a", { hasText: "Overview" }).click();
    await failure(page, "this page").waitFor();
    await mend();
    await page.getByRole("button", { name: "Draw it again" }).click();
    await page.locator("[data-tile=connections]").waitFor();
    assert.equal(await page.locator("[data-failed]").count(), 0);
    assertTold(visitor, /^(this page|the counts beside the sections|the time since the start):/);
  });
}

test("a row that cannot be drawn says so in its place; the others stand, and keys go over it", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  await answering(page, /\/api\/v1\/connections\?/, (answer) => {
    answer.connections[1] = { ...answer.connections[1], delegated: null };
    return answer;
  });
  await visitor.go("/connections");
  await failure(page, "row").waitFor();
  assert.match(await visitor.text("[data-failed]"), /This row cannot be drawn/);
  assert(await page.locator(".grid-row .row-link").count() > 10);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("failed-row");
  const third = await page.locator(".grid-row[aria-rowindex='4'] code").first().innerText();
  for (const key of ["j", "j", "j", "Enter"]) await page.keyboard.press(key);
  await page.waitForURL(`**/connections/${third}`);
  assertTold(visitor, /^this row:/);
});

test("a filter's words that cannot be drawn leave the table", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  await answering(page, /\/api\/v1\/fields$/, (answer) => ({ ...answer, connections: [null] }));
  await visitor.go("/connections");
  await failure(page, "the filter").waitFor();
  await page.locator(".grid-row .row-link").first().waitFor();
  assertTold(visitor, /^the filter:/);
});

test("of a connection whose facts cannot be drawn the other views are there", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  await answering(
    page,
    /\/api\/v1\/connections\/c-1$/,
    (row) => ({ ...row, delegated: null, delegatedCount: 1 }),
  );
  await visitor.go("/connections/c-1?tab=context");
  await failure(page, "the head of this connection").waitFor();
  await failure(page, "this view").waitFor();
  await visitor.pictures("failed-view");
  await page.locator("#tab-counters").click();
  await page.locator("#panel .tile").first().waitFor();
  assert.equal(await failure(page, "this view").count(), 0);
  await page.locator("#tab-statechart").click();
  await page.locator(".timeline").waitFor();
  assertTold(visitor, /^(the head of this connection|this view):/);
});

test("a plot whose file does not come leaves the numbers, and is drawn once it comes", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  await page.route(/plot\.js/, (route) => route.abort());
  await visitor.go("/");
  await failure(page, "the plot of decisions").waitFor();
  await page.locator("[data-tile=connections]").waitFor();
  await visitor.pictures("failed-plot");
  await page.unroute(/plot\.js/);
  await page.getByRole("button", { name: "Draw it again" }).click();
  await page.locator(".plot canvas").waitFor();
  assertTold(visitor, /^the plot of decisions:/);
});

test("a group of failures that cannot be drawn leaves the others", async ({ visit, place }) => {
  for (const [n, cause] of (["dns.bogus", "tcp.refused"] as const).entries()) {
    const pair = { local: "local.example", remote: `broken-${n}.example` };
    const event = { seq: n + 1, at: new Date().toISOString(), pair, cause };
    place.parts.failures.hear({ ...event, type: "pair.denied", detail: { direction: "in" } });
  }
  await using visitor = await visit();
  const { page } = visitor;
  await answering(page, /\/api\/v1\/failures\?group/, (answer) => {
    answer.failures[0] = { ...answer.failures[0], failures: null };
    return answer;
  });
  await visitor.go("/failures");
  await failure(page, "group").waitFor();
  assert.equal(await page.locator("[data-group]").count(), 1);
  assertTold(visitor, /^this group:/);
});

test("what fails outside of all drawing is said at the edge, and the page goes on", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  let say = (_: string) => {};
  await page.routeWebSocket(/\/ws/, (socket) => {
    socket.connectToServer();
    say = (text) => socket.send(text);
  });
  await visitor.go("/connections");
  await page.locator(".grid-row .row-link").first().waitFor();
  await page.locator("[data-link=live]").waitFor();
  say(JSON.stringify({ op: "patch", topic: "connections", data: null }));
  await page.locator("[data-mishap]", { hasText: "null" }).waitFor();
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("mishap");
  await page.keyboard.press("/");
  await page.keyboard.type("id:c-77");
  await visitor.until("the filtered row", async () => /^1 of/.test(await visitor.text("[data-counts]")));
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.locator("[data-mishap]").waitFor({ state: "detached" });
  assertTold(visitor, /null/);
});

test("where nothing at all can be drawn, that is said too, with a way to go on", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  await page.addInitScript(() => {
    let faulty = true;
    Object.defineProperty(Document.prototype, "title", {
      set: () => {
        if (!faulty) return;
        faulty = false;
        throw new Error("no title today");
      },
    });
  });
  await visitor.go("/machines");
  await failure(page, "the console").waitFor();
  assert.match(await visitor.text("[data-failed]"), /no title today/);
  await page.getByRole("button", { name: "Draw it again" }).click();
  await page.locator("main a", { hasText: "route" }).first().waitFor();
  assertTold(visitor, /^the console:/);
});
