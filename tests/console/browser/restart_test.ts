/** A server that goes away and comes back while somebody looks. console.md 6 D1.6, X1; 2.3 "link lost". */
import assert from "node:assert/strict";
import { library } from "../../../console/library.ts";
import type { ApiParts } from "../../../observe/api/endpoint.ts";
import type { HeldOpen } from "../../../observe/api/held_open.ts";
import { TcpDoor } from "../../../observe/api/door.ts";
import { serveApi } from "../../../observe/api/serve.ts";
import { Recorder } from "../../../observe/recorder.ts";
import type { MachineLibrary } from "../../../observe/contract.ts";
import { alone, TOKEN } from "../../api/parts.ts";
import { gatherCrowd } from "./crowd.ts";
import { type Place, scene } from "./fixture.ts";

interface Server extends Place {
  stop(): Promise<void>;
  /** A new start, at the same address. */
  start(): void;
  readonly machines: { hidden: boolean };
}

/** The sessions live on, so that only what happens to the link is seen. */
async function open(stack: AsyncDisposableStack): Promise<Server> {
  const crowd = await gatherCrowd(stack);
  const first = alone();
  const machines = { hidden: false };
  const hiding: MachineLibrary = {
    ...library,
    find: (id) => {
      const view = library.find(id);
      return view && machines.hidden ? { ...view, chart: null } : view;
    },
  };
  await first[Symbol.asyncDispose]();
  const parts: ApiParts = { ...first.parts, ...crowd.parts, machines: hiding };
  let server: HeldOpen<Deno.NetAddr> | null = null;
  const start = (port: number) => {
    const recorder = new Recorder(() => Date.now());
    const about = { connection: "c-1" };
    recorder.tell({ type: "connection.opened", ...about, detail: { direction: "out", peer: "192.0.2.1" } });
    recorder.tell({
      type: "connection.established",
      ...about,
      detail: { direction: "out", local: "a.example", remote: "b.example" },
    });
    server = serveApi(new TcpDoor({ host: "127.0.0.1", port }, null), { ...parts, recorder });
    return server.addr.port;
  };
  const port = start(0);
  const stop = async () => {
    await server?.shutdown();
    server = null;
  };
  stack.defer(stop);
  return { origin: `http://127.0.0.1:${port}`, token: TOKEN, stop, start: () => start(port), machines };
}

const test = scene(open);

test("D1.6: a lost server is said, what is shown stays readable; after its restart the page is live again and says that the history was cut", async ({ visit, place }) => {
  await using visitor = await visit();
  const page = await visitor.go("/connections/c-1?tab=sequence");
  await page.locator(".message").first().waitFor();
  await page.locator("[data-link=live]").waitFor();
  await place.stop();
  await page.locator("[data-link=lost]").waitFor();
  assert.match(await visitor.text(".banner.bad"), /reconnecting/);
  assert(await page.locator(".message").count() > 0);
  await visitor.pictures("reconnecting");
  assert.deepEqual(await visitor.axe(), []);
  place.start();
  await page.locator("[data-link=live]").waitFor();
  await page.locator(".hole").waitFor();
  assert.match(await visitor.text(".hole"), /history was cut: the server was started anew/);
  visitor.assertQuiet();
});

test("D1.7: where a chart belongs to another version of its machine, its states are listed, and it is said", async ({ visit, place }) => {
  place.machines.hidden = true;
  await using visitor = await visit();
  const page = await visitor.go("/machines/route");
  await page.locator(".outline").first().waitFor();
  assert.equal(await page.locator("svg.chart").count(), 0);
  assert.match(await visitor.text(".banner"), /another version of this machine/);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("outline");
  place.machines.hidden = false;
});

test("on a narrow screen the states are a list of lists", async ({ visit }) => {
  await using visitor = await visit({ width: 800 });
  const page = await visitor.go("/machines/route");
  await page.locator(".outline").first().waitFor();
  assert.equal(await page.locator("svg.chart").isVisible(), false);
  assert.deepEqual(await visitor.axe(), []);
  await visitor.pictures("narrow");
});
