/** What the console stands: no network, other people's pages, a flood. console.md 6 X1, X3, X7; E6. */
import assert from "node:assert/strict";
import { type Cause, CAUSES } from "../../../facts/cause.ts";
import { gatherCrowd } from "./crowd.ts";
import { IS_THERE } from "./chromium.ts";
import { scene } from "./fixture.ts";
import { PATHS, type Sight } from "./offline.ts";
import "../../harness/surroundings.ts";

const test = scene(gatherCrowd);

Deno.test({
  name:
    "A8, X1: in a network of its own, with loopback alone, every page is there, asks nobody and breaks no policy",
  ignore: !IS_THERE,
  fn: async () => {
    const script = new URL("offline.ts", import.meta.url).pathname;
    const visit = `ip link set lo up && exec "$0" run -A --no-check --conditions=development "$1"`;
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: ["--net", "--map-root-user", "sh", "-c", visit, Deno.execPath(), script],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder();
    assert(stdout.length > 0, text.decode(stderr));
    const seen = JSON.parse(text.decode(stdout)) as Sight[];
    assert.deepEqual(seen.map(({ path }) => path), PATHS);
    for (const { path, words, complaints, origins } of seen) {
      assert(words > 10, path);
      assert.deepEqual(complaints, [], path);
      assert.equal(origins.length, 1, path);
    }
  },
});

test("X3: a page of another origin, in the browser of who is logged in, reads nothing, opens no socket and changes nothing", async ({ visit, place }) => {
  await using visitor = await visit();
  // The same host: cookies know no ports, so the session goes along.
  const foreign = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<title>foreign</title>", { headers: { "content-type": "text/html" } }),
  );
  await visitor.page.goto(`http://127.0.0.1:${foreign.addr.port}/`);
  // What a page may not read is told to nobody but the tools of developers.
  const ours = new Set<string>(), answers: number[] = [];
  const tools = await visitor.context.newCDPSession(visitor.page);
  tools.on("Network.requestWillBeSent", ({ requestId, request: { url } }) => {
    if (url.startsWith(place.origin)) ours.add(requestId);
  });
  tools.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => {
    if (ours.has(requestId)) answers.push(statusCode);
  });
  await tools.send("Network.enable");
  const { read, changed, socket } = await visitor.page.evaluate(async (origin) => {
    const credentials = "include";
    const attempt = (init: RequestInit) =>
      fetch(`${origin}/api/v1/connections`, init).then(() => "answered", () => "blocked");
    const opened = new Promise<string>((resolve) => {
      const socket = new WebSocket(`${origin.replace("http", "ws")}/api/v1/ws`);
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    });
    return {
      read: await attempt({ credentials }),
      changed: await fetch(`${origin}/api/v1/connections/c-1/close`, {
        method: "POST",
        mode: "no-cors",
        credentials,
        body: "{}",
      }).then(({ type }) => type, () => "blocked"),
      socket: await opened,
    };
  }, place.origin);
  assert.deepEqual([read, socket], ["blocked", "refused"]);
  assert(["opaque", "blocked"].includes(changed));
  // Whatever of it the browser lets through at all, the server has refused.
  assert.deepEqual(answers.filter((status) => status !== 403), []);
  const done = place.parts.audit.latest(10, Number.MAX_SAFE_INTEGER).filter(({ status }) =>
    status === null || status < 400
  );
  assert.deepEqual(done, []);
  await foreign.shutdown();
});

test("X7: with 20,000 events a second the page answers, and says that traces are sampled; afterwards no more", async ({ visit, place }) => {
  await using visitor = await visit();
  const { recorder } = place.parts;
  const page = await visitor.go("/connections");
  await page.locator(".grid-row .cell").first().waitFor();
  const actors = Array.from({ length: 500 }, (_, n) => recorder.of({ connection: `c-${n}` }));
  const retry = { type: "retry.planned", detail: { afterMs: 1, failures: 1 } } as const;
  // Forty times a second.
  const flood = setInterval(() => actors.forEach((actor) => actor.step(() => retry)), 25);
  try {
    await page.locator(".top .pill", { hasText: "sampling 1 in" }).waitFor();
    await visitor.pictures("sampling");
    await page.keyboard.press("/");
    await page.keyboard.type("id:c-77");
    await visitor.until("the filtered row", async () => /^1 of/.test(await visitor.text("[data-counts]")));
    await page.keyboard.press("Escape");
    assert.deepEqual(await visitor.axe(), []);
  } finally {
    clearInterval(flood);
  }
  await page.locator(".top .pill", { hasText: "sampling 1 in" }).waitFor({ state: "detached" });
  visitor.assertQuiet();
});

test("E6: the failures page says of every cause what it is and whose fault; none is unknown", async ({ visit, place }) => {
  const { failures } = place.parts;
  const told: Cause[] = [];
  for (const [n, cause] of (Object.keys(CAUSES) as Cause[]).entries()) {
    const before = failures.groups("cause", 0).length;
    const pair = { local: "local.example", remote: `domain-${n}.example` };
    const event = { seq: n + 1, at: new Date().toISOString(), pair, cause };
    failures.hear({ ...event, type: "pair.denied", detail: { direction: "in" } });
    if (failures.groups("cause", 0).length > before) told.push(cause);
  }
  assert(told.length > 40, `${told.length} causes are somebody's to mend`);
  await using visitor = await visit();
  const page = await visitor.go("/failures");
  await page.locator("[data-group]").nth(told.length - 1).waitFor();
  const shown = await page.locator("[data-group]").evaluateAll((groups) =>
    groups.map((group) => [
      group.getAttribute("data-group")!,
      group.querySelector("header > span")!.textContent!,
      group.querySelector("header > .tag")!.textContent!,
    ])
  );
  assert.deepEqual(
    shown.toSorted(([a], [b]) => a!.localeCompare(b!)),
    told.map((cause) => [cause, CAUSES[cause].text, CAUSES[cause].fault]).toSorted(([a], [b]) =>
      a!.localeCompare(b!)
    ),
  );
  assert(shown.every(([cause, text]) => !/unknown error/i.test(`${cause} ${text}`)));
  await page.locator(`[data-group='${told[0]}'] a`).click();
  await page.locator(`.why-page[data-cause='${told[0]}']`).waitFor();
  visitor.assertQuiet();
});
