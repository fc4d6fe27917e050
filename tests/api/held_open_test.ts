/** A console that fails, or is flooded, never costs federation anything. issue 6, "Bad input". */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import { alone } from "./parts.ts";
import { ask } from "./ask.ts";
import "../harness/surroundings.ts";

/** Beside those that are open. */
const FREE = 60;

const descriptors = (pid: number) => [...Deno.readDirSync(`/proc/${pid}/fd`)].length;

/** From now on the server has {@link FREE} file descriptors for what comes. */
async function limit({ server: { process: { pid } } }: Stage): Promise<void> {
  const most = descriptors(pid) + FREE;
  const { success } = await new Deno.Command("prlimit", {
    args: [`--pid=${pid}`, `--nofile=${most}:${most}`],
  })
    .output();
  assert.ok(success);
}

/** More connections than that, as far as they are accepted. */
async function flooded(connect: () => Promise<Deno.Conn>): Promise<Deno.Conn[]> {
  const flood: Deno.Conn[] = [];
  for (let n = 0; n < 2 * FREE; n++) {
    const conn = await connect().catch(() => null);
    if (conn === null) break;
    flood.push(conn);
  }
  return flood;
}

const PLACES = { "a port": {}, "a Unix socket": { listen: { console: "unix:console.sock" } } } as const;

for (const [place, settings] of Object.entries(PLACES)) {
  Deno.test(`security: whoever opens more connections to the console, on ${place}, than there are file descriptors neither ends the server nor keeps a peer out, and the console comes back`, async () => {
    await using stage = await Stage.open({ settings });
    await limit(stage);
    const { server } = stage;
    const { hostname, port } = new URL(server.console);
    const path = server.socket;
    const flood = await flooded(() =>
      path === null
        ? Deno.connect({ hostname, port: Number(port) })
        : Deno.connect({ transport: "unix", path })
    );
    try {
      await server.told({ event: "console.failed", level: "error" });
      await using _o = await stage.initiateWith();
      await server.eventually("the console again", async () => {
        const answer = await server.fetch("/livez").catch(() => null);
        await answer?.body?.cancel();
        return answer?.status === 200;
      });
      assert.equal((await server.connections()).length, 1);
    } finally {
      for (const conn of flood) conn.close();
    }
    assert.equal(await server.stop(), 0);
    if (path !== null) assert.throws(() => Deno.lstatSync(path), Deno.errors.NotFound);
  });
}

Deno.test("console: a listener for peers that has no file descriptor left says so, and gets the console's", async () => {
  await using stage = await Stage.open();
  await limit(stage);
  const { hostname, port } = new URL(stage.server.console);
  using idle = await Deno.connect({ hostname, port: Number(port) });
  const { host, port: s2s } = stage.server.s2s;
  const flood = await flooded(() => Deno.connect({ hostname: host, port: s2s }));
  try {
    await stage.server.told({ event: "server.starved", level: "error", wanted: "listen.s2s" });
    assert.equal(await idle.read(new Uint8Array(1)).catch(() => null), null, "the console keeps its own");
  } finally {
    for (const conn of flood) conn.close();
  }
  await using _o = await stage.initiateWith();
  assert.equal(await stage.server.stop(), 0);
});

Deno.test("console: it ends its connections when the server has no file descriptor left, and listens again at the same place", async () => {
  await using at = alone();
  const { hostname, port } = new URL(at.origin);
  using idle = await Deno.connect({ hostname, port: Number(port) });
  assert.equal((await ask(at.origin, "/livez")).status, 200);
  at.parts.recorder.tell({ type: "server.starved", level: "error", detail: { wanted: "listen.s2s" } });
  assert.equal(await idle.read(new Uint8Array(1)).catch(() => null), null, "the idle one is not ended");
  for (let answer = null; answer?.status !== 200;) {
    answer = await ask(at.origin, "/livez").catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, 20)); // until it listens again
  }
});
