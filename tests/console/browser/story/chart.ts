// deno-lint-ignore-file no-explicit-any
/** The statechart of a connection, at every moment of it. console.md 6 D1. */
import assert from "node:assert/strict";
import type { EventList } from "../../../../observe/contract.ts";
import { test } from "./scene.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const document: any, getComputedStyle: any, HTMLInputElement: any;

test("D1.1: the active states are the machine's own after every event of the demo", async ({ visit, place }) => {
  await using visitor = await visit();
  const { events } = await place.ask<EventList>("/connections/c-1/events");
  const moves = events.filter(({ type, detail }) => type === "machine.moved" && detail!.actor === "c-1");
  assert(moves.length > 5);
  for (const { seq, detail } of moves) {
    const page = await visitor.go(`/connections/c-1?at=${seq}`);
    await page.locator("svg.chart [data-leaf]").waitFor();
    assert.equal(await visitor.text("[data-active-state]"), detail!.state);
    const active = await page.locator("svg.chart [data-active]").evaluateAll((states) =>
      states.map((state) => state.getAttribute("data-state"))
    );
    const parts = String(detail!.state).split(".");
    assert.deepEqual(active.sort(), parts.map((_, at) => parts.slice(0, at + 1).join(".")).sort());
  }
  visitor.assertQuiet();
});

test("D1.2: the edge that was taken last is hot, and only it", async ({ visit, place }) => {
  await using visitor = await visit();
  const { events } = await place.ask<EventList>("/connections/c-1/events");
  const move = events.find(({ detail }) => detail?.on === "tls.secured")!;
  const page = await visitor.go(`/connections/c-1?at=${move.seq}`);
  await page.locator(".edge.hot .line").waitFor({ state: "attached" });
  const hot = await page.locator("svg.chart g.hot[data-edge]").evaluateAll((edges) =>
    edges.map((edge) => edge.getAttribute("data-edge"))
  );
  assert.deepEqual(hot, ["negotiating.securing>negotiating.reopening"]);
});

test("D1.3: the scrubber and the address give the same view: states, header, banner", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1");
  const slider = page.locator("input[type=range]");
  await slider.waitFor();
  await slider.focus();
  await page.keyboard.press("Home");
  for (let n = 0; n < 12; n++) await page.keyboard.press("ArrowRight");
  const facts = async () =>
    (await page.locator(".head .facts > div").allInnerTexts()).filter((fact) =>
      /^(id|direction|speaks for|TLS)\b/.test(fact)
    );
  const view = async () => ({
    banner: (await visitor.text(".banner")).replace(/ of \d+/, ""), // it counts on
    facts: await facts(),
    state: await visitor.text("[data-active-state]"),
    head: await visitor.text(".head .pill"),
    at: await slider.inputValue(),
  });
  const scrubbed = await view();
  assert.match(scrubbed.banner, /^Showing \d\d:\d\d:\d\d\.\d{3}, event 13/);
  assert(scrubbed.facts.length >= 3, scrubbed.facts.join());
  await page.reload();
  await slider.waitFor();
  await page.locator("[data-active-state]").waitFor();
  assert.deepEqual(await view(), scrubbed);
});

test("D1.4: an event that comes while one travels does not move the view; 'Follow live' does", async ({ visit, place }) => {
  await using visitor = await visit();
  const { events } = await place.ask<EventList>("/connections/c-1/events");
  const page = await visitor.go(`/connections/c-1?at=${events[5]!.seq}`);
  await page.locator(".banner").waitFor();
  const count = () => page.locator(".timeline .badge").innerText();
  const before = await count(), state = await visitor.text("[data-active-state]");
  // The proof is looked at again every two seconds.
  await visitor.until("another event", async () => await count() !== before);
  assert.equal(await visitor.text("[data-active-state]"), state);
  assert.equal(new URL(page.url()).searchParams.get("at"), String(events[5]!.seq));
  await page.locator(".banner button").click();
  await visitor.until("the newest event", () => Promise.resolve(!page.url().includes("at=")));
  assert.equal(await visitor.text("[data-active-state]"), "established");
});

test("D1.5: failure edges are there on demand", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1");
  const ends = page.locator("svg.chart g.end[data-edge]");
  await page.locator("svg.chart").waitFor();
  assert.equal(await ends.count(), 0);
  await page.getByRole("button", { name: "Failure edges" }).click();
  await visitor.until("the edges that end a stream", async () => await ends.count() > 10);
  await visitor.pictures("failure-edges");
  visitor.assertQuiet();
});

test("D1.8: at 1440 x 900 no text of a chart is under 8.5 px, no label covers another one or a state", async ({ visit }) => {
  await using visitor = await visit();
  for (const machine of ["inbound_stream", "outbound_stream", "route"]) {
    const page = await visitor.go(`/machines/${machine}`);
    await page.locator("svg.chart .pill-box").first().waitFor();
    const sizes = await page.locator("svg.chart text").evaluateAll((texts) => {
      const svg = texts[0]!.closest("svg")!;
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      return texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
    });
    assert(Math.min(...sizes) >= 8.45, `${machine}: ${Math.min(...sizes)}`);
    const faults = await page.evaluate(() => {
      const boxes = (selector: string) =>
        [...document.querySelectorAll(selector)].map((one) => ({
          name: one.parentElement!.getAttribute("data-label") ??
            one.parentElement!.getAttribute("data-state"),
          rect: one.getBoundingClientRect(),
        }));
      const pills = boxes(".pill-box"), states = boxes(".state:not(.holds) .box");
      const overlap = (a: any, b: any) =>
        a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
      return pills.flatMap((pill, at) =>
        [...pills.slice(at + 1), ...states].filter(({ rect }) => overlap(pill.rect, rect)).map(({ name }) =>
          `${pill.name} / ${name}`
        )
      );
    });
    assert.deepEqual(faults, [], machine);
    // Nor does a text leave its box, whatever monospace face this machine has.
    const wide = await page.locator("svg.chart .state:not(.holds)").evaluateAll((states) =>
      states.filter((state) => {
        const box = state.querySelector(".box")!.getBoundingClientRect();
        return [...state.querySelectorAll("text")].some((text) =>
          text.getBoundingClientRect().right > box.right + 1
        );
      }).map((state) => state.getAttribute("data-state"))
    );
    assert.deepEqual(wide, [], machine);
    await visitor.pictures(`machine-${machine}`);
  }
  visitor.assertQuiet();
});

test("D1.9: tabs, timeline, scrubber and toggles are reached and worked by keyboard alone", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1");
  await page.locator("svg.chart").waitFor();
  const reached = new Set<string>();
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Tab");
    reached.add(
      await page.evaluate(() => {
        const { activeElement: one } = document;
        return one?.getAttribute("role") ??
          (one instanceof HTMLInputElement ? one.type : one?.textContent ?? "");
      }),
    );
  }
  for (const wanted of ["tab", "listbox", "range", "Failure edges"]) {
    assert([...reached].some((name) => name.includes(wanted)), `${wanted} among ${[...reached].join(" | ")}`);
  }
  await page.locator("body").press("Home");
  await page.keyboard.press("]");
  await page.keyboard.press("]");
  await page.keyboard.press("[");
  await page.locator(".banner", { hasText: "event 2 of" }).waitFor();
  await page.keyboard.press("Escape");
  await visitor.until("following again", () => Promise.resolve(!page.url().includes("at=")));
});

test("D1.10: nothing moves for who wants no motion", async ({ visit }) => {
  for (const reducedMotion of [true, false]) {
    await using visitor = await visit({ reducedMotion });
    const page = await visitor.go("/connections/c-1");
    await page.locator(".halo").first().waitFor({ state: "attached" });
    const moving = await page.locator("*").evaluateAll((all) =>
      all.filter((one) => {
        const { animationName, transitionDuration } = getComputedStyle(one);
        return animationName !== "none" || parseFloat(transitionDuration) > 0;
      }).map((one) => one.getAttribute("class"))
    );
    // Who has not said so sees the active state pulse: else this looks at nothing.
    if (reducedMotion) assert.deepEqual(moving, []);
    else assert(moving.includes("halo"), moving.join());
  }
});

test("a chart that is larger than its place follows what is active; 'Whole' shows all of it", async ({ visit }) => {
  await using visitor = await visit({ height: 600 });
  const page = await visitor.go("/connections/c-1");
  await page.locator("svg.chart [data-leaf]").waitFor();
  const isSeen = (selector: string) =>
    page.locator(selector).first().evaluate((one: any) => {
      const frame = one.closest(".chart-frame").getBoundingClientRect(), box = one.getBoundingClientRect();
      return box.left >= frame.left - 2 && box.right <= frame.right + 2 && box.top >= frame.top - 2 &&
        box.bottom <= frame.bottom + 2;
    });
  await visitor.until("the active state is seen", () => isSeen("[data-leaf] .box"));
  assert.equal(await isSeen("svg.chart"), false);
  await page.getByRole("button", { name: "Whole" }).click();
  await visitor.until("all of it is seen", () => isSeen("svg.chart"));
  await visitor.pictures("chart-whole");
  visitor.assertQuiet();
});
