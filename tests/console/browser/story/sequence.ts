// deno-lint-ignore-file no-explicit-any
/** A connection as a sequence of messages. console.md 6 D2. */
import assert from "node:assert/strict";
import type { EventList } from "../../../../observe/contract.ts";
import type { Page } from "playwright-core";
import { JULIET } from "../../../../demo/witness.ts";
import { Visitor } from "../visitor.ts";
import { test } from "./scene.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const document: any, getComputedStyle: any, navigator: any;

/** The sequence with all that belongs to it: the histories of the connection's pairs come after its own. */
async function sequenceOf(visitor: Visitor): Promise<Page> {
  const page = await visitor.go("/connections/c-1?tab=sequence");
  await page.locator(".messages[aria-busy=false] .message").first().waitFor();
  return page;
}

const rowsOf = (page: Page) =>
  page.locator(".message").evaluateAll((all) =>
    all.map((one) => ({
      seq: Number(one.getAttribute("data-seq")),
      type: one.getAttribute("data-type")!,
      text: one.textContent!,
      shaded: one.hasAttribute("data-tls"),
      peer: /(from|to)-peer/.test(one.querySelector(".track")!.className),
      idle: one.querySelector(".idle")?.textContent ?? null,
    }))
  );

/** Fails at the first step that does not stand behind the one before it. */
function assertInOrder(
  rows: readonly { type: string; text: string }[],
  steps: readonly (readonly [type: string, says: RegExp])[],
): void {
  let from = 0;
  for (const [type, says] of steps) {
    const at = rows.findIndex((row, at) => at >= from && row.type === type && says.test(row.text));
    assert(at >= 0, `${type} ${says} in\n${rows.slice(from).map(({ text }) => text).join("\n")}`);
    from = at + 1;
  }
}

test("D2.2: a denial that comes while one looks ends in a red dashed answer with its reason", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await sequenceOf(visitor);
  const before = Math.max(...(await rowsOf(page)).map(({ seq }) => seq));
  const asked = await fetch(`${place.origin}/api/v1/routes/unsigned.tld/target.tld/recheck`, {
    method: "POST",
    headers: { authorization: `Bearer ${place.token}`, "content-type": "application/json" },
    body: "{}",
  });
  assert.equal(asked.status, 200, await asked.text());
  const fresh = async () =>
    (await rowsOf(page)).findLast(({ seq, type, text }) =>
      seq > before && type === "verdict.received" && text.includes("unsigned.tld")
    );
  await visitor.until("the answer", async () => await fresh() !== undefined);
  const { seq } = (await fresh())!;
  const answer = page.locator(`.message.bad[data-seq='${seq}']`);
  assert.match(await answer.innerText(), /type='error'[\s\S]*not-authorized/);
  const { line, colour, red } = await answer.locator(".track").evaluate((track) => {
    const { borderTopStyle, borderTopColor } = getComputedStyle(track, "::before");
    const probe = document.createElement("i");
    probe.style.color = "var(--bad)";
    track.append(probe);
    const red = getComputedStyle(probe).color;
    probe.remove();
    return { line: borderTopStyle, colour: borderTopColor, red };
  });
  assert.deepEqual([line, colour], ["dashed", red]);
});

test("D2.1: the sequence has the demo's way in order, on both servers", async ({ visit, chromium, place }) => {
  await using visitor = await visit();
  assertInOrder(await rowsOf(await sequenceOf(visitor)), [
    ["delegation.resolved", /SRV target\.tld.*secure/],
    ["connection.opened", /TCP connection/],
    ["stream.opened", /<stream:stream>/],
    ["element.sent", /<starttls>/],
    ["connection.secured", /TLSv1\.3 handshake.*certificate.*xmpp1\.receiving\.tld/],
    ["endpoint.judged", /target\.tld is proven: dna-srv/],
    ["connection.established", /bidi.*DNA/],
    ["request.sent", /<db:result> request/],
    ["verdict.received", /type='valid'/],
    ["pair.authorised", /sender\.tld → target\.tld.*dna-srv.*DNS secure/],
  ]);
  await visitor.pictures("sequence");
  visitor.assertQuiet();
  await using other = await Visitor.open(chromium, place.receiving.origin, place.receiving.token);
  assertInOrder(await rowsOf(await sequenceOf(other)), [
    ["connection.opened", /TCP connection/],
    ["stream.opened", /<stream:stream>/],
    ["element.received", /<starttls>/],
    ["connection.secured", /TLSv1\.3 handshake.*certificate.*xmpp1\.originating\.tld/],
    ["request.received", /<db:result> request/],
    ["delegation.resolved", /SRV sender\.tld.*secure/],
    ["pair.granted", /sender\.tld → target\.tld.*dna-srv.*DNS secure/],
    ["verdict.sent", /type='valid'/],
  ]);
  await other.pictures("sequence-receiving");
  other.assertQuiet();
});

test("D2.1: until the histories of its pairs are there, the sequence says that it is not whole", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route(/\/api\/v1\/routes\/.*\/events/, async (route) => {
    await released;
    await route.continue();
  });
  await visitor.go("/connections/c-1?tab=sequence");
  await page.locator(".messages[aria-busy=true] .message[data-type='pair.authorised']").first().waitFor();
  assert.equal((await rowsOf(page))[0]!.type, "addresses.resolved");
  release();
  await page.locator(".messages[aria-busy=false]").waitFor();
  assert.equal((await rowsOf(page))[0]!.type, "delegation.resolved");
  visitor.assertQuiet();
});

test("D2.3: what goes inside TLS is shaded, from the handshake on, and only what goes to the peer", async ({ visit }) => {
  await using visitor = await visit();
  const rows = await rowsOf(await sequenceOf(visitor));
  const secured = rows.findIndex(({ type }) => type === "connection.secured");
  assert(secured > 0);
  for (const [at, { shaded, peer }] of rows.entries()) {
    assert.equal(shaded, at >= secured && peer, `row ${at}`);
  }
});

test("D2.4: times do not go back, and a silence of more than 150 ms, and no shorter one, is said", async ({ visit, place }) => {
  await using visitor = await visit();
  const rows = await rowsOf(await sequenceOf(visitor));
  const times = new Map<number, number>();
  const pairs = ["sender.tld", "other-sender.tld", "unsigned.tld"];
  for (
    const path of [
      "/connections/c-1/events",
      ...pairs.map((local) => `/routes/${local}/target.tld/events`),
    ]
  ) {
    for (const { seq, at } of (await place.ask<EventList>(path)).events) times.set(seq, Date.parse(at));
  }
  const known = rows.filter(({ seq }) => times.has(seq));
  const at = rows.map(({ seq }) => times.get(seq));
  assert(known.length > 30, `${known.length} of ${rows.length}`);
  const ordered = known.map(({ seq }) => times.get(seq)!);
  assert.deepEqual(ordered, ordered.toSorted((a, b) => a - b));
  let silences = 0;
  for (const [n, { idle }] of rows.entries()) {
    // What the server let go since the page asked has no time here.
    if (n === 0 || at[n] === undefined || at[n - 1] === undefined) continue;
    const isSilence = at[n] - at[n - 1]! > 150;
    silences += Number(isSilence);
    assert.equal(idle !== null, isSilence, `row ${n}: ${idle}, ${at[n] - at[n - 1]!} ms`);
    if (idle !== null) assert.match(idle, /^[\d.]+ (ms|s|min|h)( \d+ (s|min))? idle$/);
  }
  assert(silences > 0);
});

test("D2.5: the selected event is the same in both views", async ({ visit, place }) => {
  await using visitor = await visit();
  const { events } = await place.ask<EventList>("/connections/c-1/events");
  const secured = events.find(({ type }) => type === "connection.secured")!;
  const page = await visitor.go(`/connections/c-1?at=${secured.seq}`);
  await page.locator("#tab-sequence").click();
  await page.locator(`.message.selected[data-seq='${secured.seq}']`).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("at"), String(secured.seq));
  const established = events.find(({ type }) => type === "connection.established")!;
  await page.locator(`.message[data-seq='${established.seq}'] button`).click();
  await page.locator("#tab-statechart").click();
  await page.locator(`.entry[data-seq='${established.seq}'][aria-selected=true]`).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("at"), String(established.seq));
});

test("D2.6, X5: a stanza's body and a component's secret appear in no view and no answer", async ({ visit, place }) => {
  const canary = `canary-${crypto.randomUUID()}`;
  await place.stage.nurse.say("nurse", JULIET, "canary", canary);
  await using visitor = await visit();
  const drawn = {
    "/connections/c-1": ".timeline .entry",
    "/connections/c-1?tab=sequence": ".messages[aria-busy=false] .message",
    "/log": ".log-line",
  };
  for (const [path, selector] of Object.entries(drawn)) {
    const page = await visitor.go(path);
    await page.locator(selector).first().waitFor();
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
