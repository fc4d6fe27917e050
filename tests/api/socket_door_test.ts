/** The place of the console's Unix socket, opened again and left. console.md 2.4. */
import assert from "node:assert/strict";
import { SocketDoor } from "../../observe/api/socket_door.ts";
import { folder } from "../cli/verona.ts";
import { alone } from "./parts.ts";
import { ask } from "./ask.ts";

const NO_ANSWER = () => Promise.resolve(new Response());
const nameds = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name);

async function livez(path: string): Promise<number | null> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  try {
    return (await ask("http://localhost", "/livez", { client })).status;
  } catch {
    return null;
  } finally {
    client.close();
  }
}

Deno.test("socket: where the server's user lets everybody at new files, nobody else may connect", async () => {
  await using at = await folder();
  const path = `${at.path}/console.sock`;
  const door = await SocketDoor.at(path);
  const end = new AbortController();
  const before = Deno.umask(0);
  let server;
  try {
    server = door.open(NO_ANSWER, end.signal);
  } finally {
    Deno.umask(before);
  }
  assert.equal(Deno.lstatSync(path).mode! & 0o777, 0o600);
  assert.deepEqual(nameds(at.path), ["console.sock"]);
  door.leave();
  end.abort();
  await server.finished;
  assert.deepEqual(nameds(at.path), []);
});

Deno.test("socket: what took its place since is not taken away, nor opened over", async () => {
  await using at = await folder();
  const path = `${at.path}/console.sock`;
  const door = await SocketDoor.at(path);
  const first = new AbortController();
  const server = door.open(NO_ANSWER, first.signal);
  await Deno.remove(path);
  using other = Deno.listen({ transport: "unix", path });
  door.leave();
  assert.ok(Deno.lstatSync(path).isSocket);
  assert.throws(() => door.open(NO_ANSWER, first.signal), /another program took the place/);
  assert.deepEqual(nameds(at.path), ["console.sock"]);
  const accepted = other.accept();
  (await Deno.connect({ transport: "unix", path })).close();
  (await accepted).close();
  first.abort();
  await server.finished;
});

Deno.test("socket: when the server has no file descriptor left its connections end, nothing stays at its place, and it comes back there", async () => {
  await using at = await folder();
  const path = `${at.path}/console.sock`;
  await using api = alone({ door: await SocketDoor.at(path) });
  using idle = await Deno.connect({ transport: "unix", path });
  assert.equal(await livez(path), 200);
  api.parts.recorder.tell({ type: "server.starved", level: "error", detail: { listener: "s2s" } });
  assert.deepEqual(nameds(at.path), []);
  assert.equal(await idle.read(new Uint8Array(1)).catch(() => null), null, "the idle one is not ended");
  while (await livez(path) !== 200) await new Promise((resolve) => setTimeout(resolve, 20)); // until it listens again
  assert.equal(Deno.lstatSync(path).mode! & 0o777, 0o600);
});
