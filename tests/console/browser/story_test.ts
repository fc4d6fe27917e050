// deno-lint-ignore-file no-explicit-any
/** The console beside a federation that has happened: both servers of the demo, after its story. console.md 6. */
import assert from "node:assert/strict";
import type {
  ConnectionList,
  EventList,
  FailureList,
  Overview,
  RouteList,
} from "../../../observe/contract.ts";
import { JULIET } from "../../../demo/witness.ts";
import { scene } from "./fixture.ts";
import { tellStory } from "./told.ts";
import type { Visitor } from "./visitor.ts";

// What stands in evaluate() runs in the page; its types would change those of everything else.
declare const document: any, getComputedStyle: any, HTMLInputElement: any, navigator: any;

const test = scene(tellStory);

const row = (visitor: Visitor, text: string) => visitor.page.locator(".grid-row", { hasText: text });

// First: the server lets the middle of a long history go, and the demo's proofs are looked at every two seconds.
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
  await visitor.picture("connections-light");
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
  await visitor.picture("routes-light");
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
  await visitor.picture("route-light");
  visitor.assertQuiet();
});

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
  const view = async () => ({
    banner: await visitor.text(".banner"),
    state: await visitor.text("[data-active-state]"),
    head: await visitor.text(".head .pill"),
    at: await slider.inputValue(),
  });
  const scrubbed = await view();
  assert.match(scrubbed.banner, /^Showing \d\d:\d\d:\d\d\.\d{3}, event 13 of \d+/);
  await page.reload();
  await slider.waitFor();
  await page.locator("[data-active-state]").waitFor();
  assert.deepEqual({ ...await view(), banner: "" }, { ...scrubbed, banner: "" });
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
  assert(await ends.count() > 10);
  await visitor.picture("failure-edges-light");
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
    await visitor.picture(`machine-${machine}-light`);
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
  assert.match(await visitor.text(".banner"), /event 2 of/);
  await page.keyboard.press("Escape");
  await visitor.until("following again", () => Promise.resolve(!page.url().includes("at=")));
});

test("D1.10: nothing moves for who wants no motion", async ({ visit }) => {
  await using still = await visit({ reducedMotion: true });
  const name = () =>
    still.page.locator(".halo").first().evaluate((halo) => getComputedStyle(halo).animationName);
  await still.go("/connections/c-1");
  await still.page.locator(".halo").first().waitFor({ state: "attached" });
  assert.equal(await name(), "none");
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

test("D3.1: the granted name has its chain from the anchor to the target that the certificate names", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=proofs");
  const proof = page.locator("[data-proof='target.tld']");
  await proof.locator(".chain .link").first().waitFor();
  const links = await proof.locator(".link h3").allInnerTexts();
  assert.deepEqual(links, [".", "tld", "target.tld", "xmpp1.receiving.tld:5269"]);
  assert.equal(await proof.locator(".link.bad").count(), 0);
  const { connections } = await place.ask<ConnectionList>("/connections");
  assert(connections[0]!.serverNames.includes("xmpp1.receiving.tld"));
  await visitor.picture("proofs-light");
  visitor.assertQuiet();
});

test("D3.8: the command that shows it to one's own eyes can be copied", async ({ visit }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=proofs");
  await page.locator("[data-proof] .command").first().waitFor();
  assert.match(
    await visitor.text("[data-proof] .command"),
    /delv \+vtrace _xmpp-server\._tcp\.target\.tld SRV/,
  );
});

test("A1, A7: each tile links to the list that it counts, and the counts are the same", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/");
  for (const tile of ["connections", "authorised", "denied"]) {
    await page.locator(`[data-tile=${tile}]`).waitFor();
    const number = await visitor.text(`[data-tile=${tile}] b`);
    await page.locator(`[data-tile=${tile}]`).click();
    await visitor.until(
      "the list",
      async () => (await visitor.text("[data-counts]")).split(" ")[0] === number,
    );
    await page.goBack();
  }
  const { totals } = await place.ask<Overview>("/overview");
  assert.equal(await visitor.text("[data-tile=connections] b"), String(totals.connections));
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
    await visitor.picture(`why-${cause}-light`);
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

test("E5: a viewer sees everything and is offered nothing that changes something", async ({ strange, place }) => {
  await using visitor = await strange();
  const token =
    (await Deno.readTextFile(place.stage.originating.tokenFile.replace("console.token", "viewer.token")))
      .trim();
  await visitor.context.request.post(`${place.origin}/api/v1/session`, { data: { token } });
  const page = await visitor.go("/connections/c-1");
  await page.locator("svg.chart").waitFor();
  assert.equal(await page.getByRole("button", { name: "Close…" }).count(), 0);
  const answer = await page.evaluate(() =>
    fetch("/api/v1/connections/c-1/close", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }).then(({ status }) => status)
  );
  assert.equal(answer, 403);
});

test("B2, C7: what changes on the server changes in the tables, without a reload", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/routes");
  await row(visitor, "other-sender.tld").waitFor();
  await page.evaluate(() => (document.body.dataset.marked = "yes"));
  const revoked = await fetch(`${place.origin}/api/v1/routes/other-sender.tld/target.tld/revoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${place.token}`, "content-type": "application/json" },
    body: '{"block":"1s"}',
  });
  assert.equal(revoked.status, 200, await revoked.text());
  await visitor.until(
    "the pair is not authorised any more",
    async () => !/authorised/.test(await row(visitor, "other-sender.tld").innerText()),
  );
  await place.stage.nurse.say("nurse", JULIET, crypto.randomUUID(), "again");
  assert.equal(await page.evaluate(() => document.body.dataset.marked), "yes");
  visitor.assertQuiet();
});

test("X3: without a session there is a helpful page; a token lets in, a wrong one does not", async ({ strange, place }) => {
  await using visitor = await strange();
  const page = await visitor.go("/routes");
  await page.locator("#token").waitFor();
  assert.match(await visitor.text("main"), /verona console/);
  await visitor.picture("login-light");
  await page.fill("#token", "wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator(".trouble").waitFor();
  await page.fill("#token", place.token);
  await page.getByRole("button", { name: "Log in" }).click();
  await row(visitor, "other-sender.tld").waitFor();
  assert.equal(new URL(page.url()).pathname, "/routes");
});

test("X3: a log-in link lets in once, and its code stays in no address", async ({ strange, place }) => {
  await using visitor = await strange();
  const link = await place.stage.originating.logInLink();
  await visitor.page.goto(link);
  await visitor.page.waitForURL((url) => url.pathname === "/");
  assert.equal(new URL(visitor.page.url()).hash, "");
  await using other = await strange();
  await other.page.goto(link);
  await other.page.locator(".trouble").waitFor();
});

const SCREENS: Readonly<Record<string, string>> = {
  overview: "/",
  connections: "/connections",
  connection: "/connections/c-1",
  "connection-sequence": "/connections/c-1?tab=sequence",
  "connection-proofs": "/connections/c-1?tab=proofs",
  "connection-context": "/connections/c-1?tab=context",
  "connection-counters": "/connections/c-1?tab=counters",
  routes: "/routes",
  route: "/routes/sender.tld/target.tld",
  explain: "/routes/sender.tld/bogus.tld?tab=why",
  proofs: "/proofs",
  failures: "/failures",
  why: "/failures/dns.bogus~bogus.tld~out",
  check: "/check?to=target.tld",
  machines: "/machines",
  machine: "/machines/proof",
  log: "/log",
};

for (const theme of ["light", "dark"] as const) {
  test(`X6, X13: axe finds nothing on any screen, and each has its picture: ${theme}`, async ({ visit }) => {
    await using visitor = await visit({ theme });
    const found: string[] = [];
    for (const [name, path] of Object.entries(SCREENS)) {
      await visitor.go(path);
      await visitor.settled();
      found.push(...(await visitor.axe()).map((violation) => `${name}: ${violation}`));
      await visitor.picture(`${name}-${theme}`);
    }
    assert.deepEqual(found, []);
    visitor.assertQuiet();
  });
}

test("X6: axe finds nothing at 200 % zoom", async ({ visit }) => {
  await using visitor = await visit({ zoom: 2 });
  const found: string[] = [];
  for (const name of ["connections", "connection", "connection-sequence", "route", "machines"]) {
    await visitor.go(SCREENS[name]!);
    await visitor.settled();
    found.push(...(await visitor.axe()).map((violation) => `${name}: ${violation}`));
    await visitor.picture(`${name}-zoomed`);
  }
  assert.deepEqual(found, []);
});

test("X12: every link, button and field of every screen has a name and is reached by Tab", async ({ visit }) => {
  await using visitor = await visit();
  for (const [name, path] of Object.entries(SCREENS)) {
    const page = await visitor.go(path);
    await page.locator("main > *").first().waitFor();
    const nameless = await page.locator("a, button, input, select, [role=tab], [role=listbox]").evaluateAll((
      all,
    ) =>
      all.filter((one) => {
        const label = one.getAttribute("aria-label") ||
          (one.id && document.querySelector(`label[for='${one.id}']`)?.textContent) ||
          one.closest("label")?.textContent || one.textContent;
        return (label ?? "").trim() === "" && one.textContent!.trim() === "";
      }).map((one) => one.outerHTML.slice(0, 120))
    );
    assert.deepEqual(nameless, [], name);
    const lost = await page.locator("a[href], button").evaluateAll((all) =>
      all.filter((one) => (one as any).tabIndex < 0 && one.closest(".grid-row") === null).map((one) =>
        one.outerHTML.slice(0, 120)
      )
    );
    assert.deepEqual(lost, [], name);
  }
});
