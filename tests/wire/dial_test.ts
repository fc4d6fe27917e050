/** Connecting, and what it says when it cannot. */
import assert from "node:assert/strict";
import type { Connection } from "../../wire/connection.ts";
import { dial } from "../../wire/dial.ts";
import "../harness/surroundings.ts";
import { stand } from "./ends.ts";

const LOOPBACK = "127.0.0.1";
/** tcpmux: a port that was free a moment ago may be another test's by now. */
const NOBODY = 1;

Deno.test("dial: a closed port, an aborted attempt and one that takes too long are told apart from success", async () => {
  using at = await stand({ plain: true });
  const { port } = at.listener.address;
  const never = new AbortController().signal;
  const common = { ...at.options, address: LOOPBACK, timeoutMs: 5000, signal: never };
  assert.deepEqual(await dial({ ...common, port: NOBODY }), { connected: false, cause: "tcp.refused" });
  assert.deepEqual(await dial({ ...common, port, signal: AbortSignal.abort() }), {
    connected: false,
    cause: "tcp.timeout",
  });
  const good = await dial({ ...common, port });
  assert.ok(good.connected);
  assert.deepEqual(good.connection.peer, { ip: LOOPBACK, port });
  good.connection.drop();
});

Deno.test("cause tcp.timeout: a full listener's silence ends with the time-out, or with the caller's patience", async () => {
  using at = await stand({ plain: true });
  // A listener with room for nobody: the kernel lets further SYNs go unanswered.
  const full = Deno.listen({ hostname: LOOPBACK, port: 0, tcpBacklog: 0 } as Deno.TcpListenOptions);
  const { port } = full.addr as Deno.NetAddr;
  const fillers: Connection[] = [];
  const common = { ...at.options, address: LOOPBACK, port };
  let silent = false;
  for (let n = 0; n < 200 && !silent; n++) {
    const tried = await dial({ ...common, timeoutMs: 200, signal: new AbortController().signal });
    if (!tried.connected) {
      assert.equal(tried.cause, "tcp.timeout");
      silent = true;
    } else fillers.push(tried.connection);
  }
  assert.ok(silent, "the listener answered everybody");
  const patience = new AbortController();
  const attempt = dial({ ...common, timeoutMs: 60_000, signal: patience.signal });
  patience.abort();
  assert.deepEqual(await attempt, { connected: false, cause: "tcp.timeout" });
  for (const filler of fillers) filler.drop();
  full.close();
});

Deno.test("cause tcp.unreachable: an address to which no TCP connection can lead", async () => {
  using at = await stand({ plain: true });
  const signal = new AbortController().signal;
  const attempt = await dial({ ...at.options, address: "224.0.0.1", port: 5269, timeoutMs: 5000, signal });
  assert.deepEqual(attempt, { connected: false, cause: "tcp.unreachable" });
});

Deno.test("cause tcp.descriptors: no file descriptor of ours is left; with one given back it connects", async () => {
  using at = await stand({ plain: true });
  const { port } = at.listener.address;
  const script = new URL("starved_dial.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n 200; exec "$0" run -A --no-check "$@"`, Deno.execPath(), script, String(port)],
    stderr: "inherit",
  });
  const { stdout } = await child.output();
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
    without: "tcp.descriptors",
    with: null,
  });
});
