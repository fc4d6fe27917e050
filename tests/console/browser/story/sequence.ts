// deno-lint-ignore-file no-explicit-any
/** A connection as a sequence of messages. console.md 6 D2. */
import assert from "node:assert/strict";
import type { EventList } from "../../../../observe/contract.ts";
import { JULIET } from "../../../../demo/witness.ts";
import { test } from "./scene.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const getComputedStyle: any, navigator: any;

test("D2.2: a denial ends in a red dashed answer with its reason", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=sequence");
  const answer = page.locator(".message.bad[data-type='verdict.received']", { hasText: "type='error'" })
    .first();
  await answer.waitFor();
  assert.match(await answer.innerText(), /type='error'[\s\S]*not-authorized/);
  assert.equal(
    await answer.locator(".track").evaluate((track) => getComputedStyle(track, "::before").borderTopStyle),
    "dashed",
  );
});

test("D2.1: the sequence has the demo's way in order", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=sequence");
  await page.locator(".message[data-type='delegation.resolved']").first().waitFor();
  const types = await page.locator(".message").evaluateAll((rows) =>
    rows.map((one) => one.getAttribute("data-type"))
  );
  const order = [
    "delegation.resolved",
    "connection.opened",
    "stream.opened",
    "connection.secured",
    "connection.established",
    "request.sent",
    "verdict.received",
    "pair.authorised",
  ];
  let from = 0;
  for (const type of order) {
    const at = types.indexOf(type, from);
    assert(at >= 0, `${type} after ${order[order.indexOf(type) - 1]} in ${types.join(" ")}`);
    from = at;
  }
  assert.match(await visitor.text(".messages"), /STARTTLS|starttls/i);
  await visitor.picture("sequence-light");
  visitor.assertQuiet();
});

test("D2.3: what goes inside TLS is shaded, from the handshake on, and only what goes to the peer", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=sequence");
  await page.locator(".message[data-tls]").first().waitFor();
  const rows = await page.locator(".message").evaluateAll((all) =>
    all.map((one) => ({
      type: one.getAttribute("data-type"),
      shaded: one.hasAttribute("data-tls"),
      peer: /(from|to)-peer/.test(one.querySelector(".track")!.className),
    }))
  );
  const secured = rows.findIndex(({ type }) => type === "connection.secured");
  for (const [at, { shaded, peer }] of rows.entries()) {
    assert.equal(shaded, at >= secured && peer, `row ${at}`);
  }
});

test("D2.4: times do not go back, and a silence of more than 150 ms is said", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=sequence");
  await page.locator(".idle").first().waitFor();
  const { events } = await place.ask<EventList>("/connections/c-1/events");
  const times = events.map(({ at }) => Date.parse(at));
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert.match(await visitor.text(".idle"), /^[\d.]+ (ms|s)( \d+ .*)? idle$/);
});

test("D2.5: the selected event is the same in both views", async ({ visit, place }) => {
  await using visitor = await visit();
  const { events } = await place.ask<EventList>("/connections/c-1/events");
  const secured = events.find(({ type }) => type === "connection.secured")!;
  const page = await visitor.go(`/connections/c-1?at=${secured.seq}`);
  await page.locator("#tab-sequence").click();
  await page.locator(`.message.selected[data-seq='${secured.seq}']`).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("at"), String(secured.seq));
});

test("D2.6, X5: a stanza's body and a component's secret appear in no view and no answer", async ({ visit, place }) => {
  const canary = `canary-${crypto.randomUUID()}`;
  await place.stage.nurse.say("nurse", JULIET, "canary", canary);
  await using visitor = await visit();
  for (const path of ["/connections/c-1", "/connections/c-1?tab=sequence", "/log"]) {
    const page = await visitor.go(path);
    await page.locator("main").waitFor();
    assert(!(await page.content()).includes(canary), path);
  }
  for (const path of ["/connections", "/routes", "/connections/c-1/events", "/proofs"]) {
    const text = JSON.stringify(await place.ask(path));
    assert(!text.includes(canary) && !text.includes("a secret of the demo"), path);
  }
});

test("D2.7: the sequence goes out as Mermaid", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=sequence");
  await page.locator(".message").first().waitFor();
  await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: visitor.origin });
  await page.getByRole("button", { name: "Copy as Mermaid" }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^sequenceDiagram\n {2}participant resolver as resolver\n/);
  for (const line of text.split("\n").slice(1)) {
    assert.match(
      line,
      /^ {2}(participant \w+ as .+|(resolver|local|peer)(->>|--x)(resolver|local|peer): .+|Note over \w+: .+)$/,
    );
  }
});
