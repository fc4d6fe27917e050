// deno-lint-ignore-file no-explicit-any
/** Traces that leave the page as files, and files that are opened in it. console.md 2.3; 6 D2.8. */
import assert from "node:assert/strict";
import type { TraceFile } from "../../../../observe/contract.ts";
import { MOST_BYTES, MOST_EVENTS } from "../../../../console/page/trace_reading.ts";
import { verona } from "../../../cli/verona.ts";
import type { Visitor } from "../visitor.ts";
import { test } from "./scene.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const document: any, DataTransfer: any, DragEvent: any, getComputedStyle: any;

/** What "Export trace" gives. */
async function exported(visitor: Visitor): Promise<{ path: string; file: TraceFile }> {
  const page = await visitor.go("/connections/c-1");
  await page.locator(".timeline .entry").first().waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export trace" }).click(),
  ]);
  const path = await Deno.makeTempFile({ suffix: ".json" });
  await download.saveAs(path);
  return { path, file: JSON.parse(await Deno.readTextFile(path)) };
}

/** A file that comes from the desktop. */
const drop = ({ page }: Visitor, text: string): Promise<void> =>
  page.evaluate((text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], "sent by somebody.json", { type: "application/json" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, text);

test("an exported trace is one file: the command line opens it, and a drop anywhere draws it again without asking the server for it", async ({ visit, strange }) => {
  await using visitor = await visit();
  const { path, file } = await exported(visitor);
  const { code, stdout } = await verona(["trace", "--open", path]);
  assert.equal(code, 0);
  assert.match(stdout, /target\.tld/);
  await using other = await visit();
  const page = await other.go("/machines");
  await other.settled();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await drop(other, JSON.stringify(file));
  await page.locator("svg.chart [data-leaf]").first().waitFor();
  assert.equal(new URL(page.url()).pathname, "/trace");
  assert.equal(await page.locator(".timeline .entry").count(), file.events.length);
  const moves = file.events.filter(({ detail }) => detail?.actor === "c-1");
  assert.equal(await other.text("[data-active-state]"), moves.at(-1)!.detail!.state);
  await page.locator("#tab-sequence").click();
  await page.locator(".message[data-type='verdict.received']").first().waitFor();
  assert.deepEqual(asked.filter((path) => /connections|routes/.test(path)), []);
  assert.deepEqual(await other.axe(), []);
  await other.pictures("trace-file");
  other.assertQuiet();
  // By keyboard, and for who has no session nothing at all.
  await page.getByRole("button", { name: "Close the file" }).press("Enter");
  await page.locator("input[type=file]").setInputFiles(path);
  await page.locator(".timeline .entry").first().waitFor();
  await using nobody = await strange();
  await nobody.go("/trace");
  await nobody.page.locator("#token").waitFor();
});

test("what is dropped and is no trace is refused by name, whatever it is; the page stays", async ({ visit }) => {
  await using visitor = await visit();
  const { file } = await exported(visitor);
  const [first, ...rest] = file.events;
  const wrong = [
    "not even JSON",
    "null",
    "[]",
    JSON.stringify({ ...file, schema: "verona.trace/2" }),
    JSON.stringify({ ...file, events: {} }),
    JSON.stringify({ ...file, connection: null }),
    JSON.stringify({ ...file, events: [{ ...first, at: "soon" }, ...rest] }),
    JSON.stringify({ ...file, events: [{ ...first, traceId: { of: "nobody" } }, ...rest] }),
    JSON.stringify({ ...file, events: [{ ...first, type: "machine.moved", detail: { edges: 7 } }] }),
  ];
  for (const text of wrong) {
    await drop(visitor, text);
    await visitor.page.locator(".trouble", { hasText: "sent by somebody.json is no trace" }).waitFor();
    assert.equal(await visitor.page.locator(".timeline .entry").count(), 0, text.slice(0, 60));
  }
  await visitor.pictures("trace-refused");
  visitor.assertQuiet();
});

test("an event that stands among the spans of OpenTelemetry says in which trace, to be copied", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  const { file } = await exported(visitor);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const last = file.events.length - 1;
  const events = file.events.map((event, n) =>
    n === last ? { ...event, traceId, spanId: "b7ad6b7169203331" } : event
  );
  await drop(visitor, JSON.stringify({ ...file, events }));
  await page.locator(".detail", { hasText: traceId }).waitFor();
  await page.getByRole("button", { name: "Copy trace id" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await page.keyboard.press("Home");
  assert.equal(await page.getByRole("button", { name: "Copy trace id" }).count(), 0, "others have none");
  assert.deepEqual(await visitor.axe(), []);
  visitor.assertQuiet();
});

test("a trace with more events than the page draws: it says so, draws the beginning and the end, and goes on; one that is too large is refused with its size", async ({ visit }) => {
  await using visitor = await visit();
  const { page } = visitor;
  const { file } = await exported(visitor);
  const many = 3 * MOST_EVENTS;
  const events = Array.from({ length: many }, (_, n) => ({
    seq: n + 1,
    at: new Date(Date.parse(file.exportedAt) + n).toISOString(),
    type: "addresses.resolved",
    connection: "c-1",
    route: null,
    detail: { host: `host-${n}.example`, security: "secure", addresses: ["192.0.2.1"] },
  }));
  await drop(visitor, JSON.stringify({ ...file, left: 0, events }));
  await page.locator(".banner", { hasText: "6,000 events, more than this page draws" }).waitFor();
  assert.match(
    await visitor.text(".banner"),
    /the first 40 and the last 1,960\. All of it: verona trace --open/,
  );
  assert.equal(await page.locator(".timeline .entry").count(), MOST_EVENTS);
  assert.match(await page.locator(".entry").nth(40).innerText(), /4,000 events between are left out/);
  await page.keyboard.press("Home");
  await page.keyboard.press("End");
  await page.locator(".detail", { hasText: `host-${many - 1}.example` }).waitFor();
  await page.locator("#tab-sequence").click();
  await page.locator(".message").nth(MOST_EVENTS - 1).waitFor();
  await visitor.pictures("trace-bounded");
  await drop(visitor, " ".repeat(MOST_BYTES + 1));
  await page.locator(".trouble", { hasText: "sent by somebody.json is too large" }).waitFor();
  assert.match(await visitor.text(".trouble"), /8\.00 MiB, and it reads traces of at most 8\.00 MiB/);
  assert.equal(await page.locator(".timeline .entry").count(), 0);
  visitor.assertQuiet();
});

test("D2.8: long names are cut, and stand in full in the title and in the detail; markup stays text", async ({ visit }) => {
  await using visitor = await visit();
  const { file } = await exported(visitor);
  const long = `${"very-".repeat(45)}long.example`, markup = "<img src=x onerror=alert(1)>.example";
  const at = file.events[0]!.at;
  const events = [long, markup].map((host, n) => ({
    seq: n + 1,
    at,
    type: "addresses.resolved",
    connection: "c-1",
    route: null,
    detail: { host, security: "secure", addresses: ["192.0.2.1"] },
  }));
  await drop(visitor, JSON.stringify({ ...file, events }));
  await visitor.page.locator("#tab-sequence").click();
  const message = visitor.page.locator(".message").first();
  await message.waitFor();
  const cut = await message.locator(".words").evaluate((words: any) =>
    words.scrollWidth > words.clientWidth && getComputedStyle(words).textOverflow === "ellipsis"
  );
  assert(cut, "the words of a long name");
  assert((await message.locator("button").getAttribute("title"))!.includes(long));
  await message.locator("button").click();
  assert((await visitor.text(".detail")).includes(long));
  assert((await visitor.text(".messages")).includes(markup));
  assert.equal(await visitor.page.locator("img").count(), 0);
  await visitor.pictures("sequence-long");
  visitor.assertQuiet();
});
